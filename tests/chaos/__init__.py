"""Faults against the real stack: `python -m tests.chaos [NUMBERS… | soak]`, or `make chaos`.

Each scenario starts a product of its own (PostgreSQL, Valkey, web server, workers, sweeper: the commands of
`config/local/programs.py`), breaks something, and looks with the owner's eyes at what is left.
"""
