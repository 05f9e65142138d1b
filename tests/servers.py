"""The real PostgreSQL and Valkey that a test run starts for itself, once, on free ports."""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path


def start() -> None:
    """Starts both in the run's first process; the processes of xdist inherit the addresses."""
    if "VOUCH_TEST_OWNER_URL" in os.environ:
        return
    from config.embedded import postgres, valkey

    folder = Path(tempfile.mkdtemp(prefix="vouch-test-"))
    folder.chmod(0o755)
    stack = ExitStack()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(stack.close)
    database = stack.enter_context(postgres.server(folder / "postgres", durable=False))
    broker = stack.enter_context(valkey.server(folder / "valkey", durable=False))
    os.environ["VOUCH_TEST_OWNER_URL"] = database.url()
    os.environ["VOUCH_TEST_REDIS_URL"] = broker.url().removesuffix("/0")
    os.environ["VOUCH_TEST_FOLDER"] = str(folder)
