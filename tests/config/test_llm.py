"""Settings of the language model: what is nonsense stops the start with a sentence."""

from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import llm


def test_addresses_lose_their_slash():
    assert llm.address("LLM_URL", "http://10.0.0.5:8000/v1/") == "http://10.0.0.5:8000/v1"
    assert llm.address("LLM_URL", "") == ""


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://x/v1", "http://", "http://x/v1?key=1"])
def test_what_is_no_address(url):
    with pytest.raises(ImproperlyConfigured, match="LLM_URL"):
        llm.address("LLM_URL", url)


def test_parameters_are_an_object():
    assert llm.parameters('{"temperature": 0}') == {"temperature": 0}
    for text in ("[]", "{", "5"):
        with pytest.raises(ImproperlyConfigured, match="LLM_PARAMETERS"):
            llm.parameters(text)


def test_prefixes_are_two_texts_and_keep_their_spaces():
    assert llm.prefixes('["query: ", "passage: "]') == ("query: ", "passage: ")
    for text in ("query: ", '["a"]', '["a", "b", "c"]', "[1, 2]", "{}"):
        with pytest.raises(ImproperlyConfigured, match="EMBEDDING_PREFIXES"):
            llm.prefixes(text)


def test_prices_are_two_numbers():
    assert llm.prices(["0.15", "0.6"]) == (Decimal("0.15"), Decimal("0.6"))
    for items in (["1"], ["1", "2", "3"], ["a", "b"], ["-1", "2"], ["NaN", "1"], ["Infinity", "1"]):
        with pytest.raises(ImproperlyConfigured, match="LLM_PRICES"):
            llm.prices(items)
