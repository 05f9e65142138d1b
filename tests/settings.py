"""The product's settings against the test run's own servers; each process has its database, broker and folder."""

import os
from pathlib import Path

from tests import servers

servers.start()

_process = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
_data = Path(os.environ["VOUCH_TEST_FOLDER"]) / _process
_data.mkdir(exist_ok=True)

os.environ |= {
    "SECRET_KEY": "only-for-tests-" + "x" * 40,
    "DATA_DIR": str(_data),
    "STATIC_ROOT": str(_data / "static"),
    "MODELS_DIR": str(Path(__file__).parents[1] / ".pytest_cache" / "models"),  # built once for all processes and runs
    "DATABASE_URL": os.environ["VOUCH_TEST_OWNER_URL"],
    "DATABASE_POOL_SIZE": "0",
    "REDIS_URL": f"{os.environ['VOUCH_TEST_REDIS_URL']}/{int(_process.removeprefix('gw')) % 16}",
    "JOBS_LEASE_SECONDS": "3",
    "CACHE_HOURS": "0",  # tests of the cache turn it on
    **dict.fromkeys(("UPLOADS_PER_DAY", "POLLS_PER_MINUTE", "REQUESTS_PER_HOUR", "LOGIN_FAILURES_PER_HOUR"), "0"),
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
}
for _name in ("STORAGE_URL", "STORAGE_TYPE", "HTTPS", "DEBUG", "DATABASE_OWNER_URL", "PROMETHEUS_MULTIPROC_DIR"):
    os.environ.pop(_name, None)

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
