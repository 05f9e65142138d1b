"""Numbers that carry check digits: IBANs and VAT numbers."""

import re

from stdnum import get_cc_module, iban

from analysis.checks.values import text
from analysis.findings import Extraction, Issue

_COUNTRIES = {"EL": "GR", "XI": "GB"}  # prefixes of VAT numbers that are no country codes


def check(extraction: Extraction) -> list[Issue]:
    """An error for an IBAN with wrong check digits, a warning for a VAT number."""
    return _iban(text(extraction, "iban")) + _vat(text(extraction, "vendor_tax_id"))


def _iban(number: str) -> list[Issue]:
    # The check digits only: some countries' account numbers have checks of their own that banks do not enforce.
    if not number or iban.is_valid(number, check_country=False):
        return []
    detail = f"The check digits of the IBAN {number} are wrong; compare it with the page before you pay."
    return [Issue("iban_check_digits", detail, ("iban",))]


def _vat(number: str) -> list[Issue]:
    prefix = re.match(r"[A-Z]{2}(?=[A-Z0-9]{2,13}$)", number)
    module = get_cc_module(_COUNTRIES.get(prefix.group(), prefix.group()), "vat") if prefix else None
    if module is None or module.is_valid(number):
        return []
    detail = f"The VAT number {number} is not well formed or its check digit is wrong; compare it with the page."
    return [Issue("vat_check_digits", detail, ("vendor_tax_id",), severity="warning")]
