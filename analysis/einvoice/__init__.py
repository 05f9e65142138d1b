"""Reads e-invoices (Factur-X, ZUGFeRD, XRechnung, UBL) and finds their values on the printed page."""
