import pytest

from analysis import learned
from tests.analysis.learned.till import receipts


@pytest.fixture(scope="session")
def model():
    return learned.train(receipts(24))
