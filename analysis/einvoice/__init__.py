"""Reads e-invoices (Factur-X, ZUGFeRD, XRechnung, UBL) and finds their values on the printed page."""

from analysis.einvoice.disagreement import mismatches
from analysis.einvoice.locating import locate
from analysis.einvoice.parsing import parse
from analysis.einvoice.source import find_xml

__all__ = ["find_xml", "locate", "mismatches", "parse"]
