"""Engines: interchangeable doers behind tiny contracts, chosen by dotted paths in settings."""
