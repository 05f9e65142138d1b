"""The admin over its own HTTP."""
