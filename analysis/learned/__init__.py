"""Learned extraction: rules and the page's geometry give candidates; what was learned from examples chooses.

A model reads documents of issuers it never saw. Dates, amounts and numbers are ranked by gradient-boosted trees; the
vendor and address in a receipt's head are tagged by a CRF. Each value comes with its likelihood.
"""

from functools import lru_cache
from pathlib import Path

from analysis.learned.examples import Example
from analysis.learned.model import Model
from analysis.learned.training import train

__all__ = ["SHIPPED", "Example", "Model", "shipped", "train"]

SHIPPED = Path(__file__).parent / "shipped"


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The model that comes with the product, loaded once per process."""
    return Model.load(SHIPPED)
