"""Where the bytes of documents are kept: a local folder or an S3-compatible store, chosen by one address."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env

_CONNECT_SECONDS, _READ_SECONDS = 3, 15
_ATTEMPTS = 3  # with jittered waits between them; all of them together are shorter than a transaction may idle
_DOWNLOAD_ATTEMPTS = 2  # of a body that broke off
_IN_MEMORY = 8 << 20  # bytes of an object; more goes to a temporary file


def backend(data_dir: Path) -> dict[str, Any]:
    """The entry for Django's STORAGES["default"].

    `STORAGE_URL` is `file:/some/folder` or `s3://key:secret@host:port/bucket/prefix?scheme=http&region=…`. Without it
    STORAGE_TYPE=minio|s3 with STORAGE_BUCKET and the MINIO_*/AWS_* names are honoured; else it is `<DATA_DIR>/media`.
    """
    url = env.text("STORAGE_URL")
    if url.startswith("s3://"):
        return _s3_from_url(url)
    if not url and env.text("STORAGE_TYPE", "local") in ("s3", "minio"):
        return _s3_from_names()
    if url and not url.startswith("file:"):
        raise ImproperlyConfigured("STORAGE_URL must start with file: or s3://.")
    folder = url.removeprefix("file://").removeprefix("file:") or env.text("STORAGE_PATH") or str(data_dir / "media")
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": folder, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    }


def _s3_from_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    bucket, _, prefix = parts.path.lstrip("/").partition("/")
    if not bucket and parts.hostname:  # s3://bucket: Amazon's own endpoint
        return _s3(parts.hostname, "", None, unquote(parts.username or ""), unquote(parts.password or ""), query)
    host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    endpoint = f"{query.get('scheme', 'https')}://{host}"
    return _s3(bucket, prefix, endpoint, unquote(parts.username or ""), unquote(parts.password or ""), query)


def _s3_from_names() -> dict[str, Any]:
    endpoint = env.text("MINIO_ENDPOINT") or env.text("AWS_ENDPOINT_URL")
    if endpoint and "://" not in endpoint:
        endpoint = f"{'https' if env.flag('MINIO_SECURE') else 'http'}://{endpoint}"
    bucket = env.text("STORAGE_BUCKET") or env.text("AWS_STORAGE_BUCKET_NAME")
    if not bucket:
        raise ImproperlyConfigured("STORAGE_TYPE=s3 needs STORAGE_BUCKET.")
    key = env.text("MINIO_ACCESS_KEY") or env.text("AWS_ACCESS_KEY_ID")
    secret = env.text("MINIO_SECRET_KEY") or env.text("AWS_SECRET_ACCESS_KEY")
    return _s3(bucket, env.text("STORAGE_PATH"), endpoint or None, key, secret, {"region": env.text("AWS_REGION")})


def _s3(bucket: str, prefix: str, endpoint: str | None, key: str, secret: str, query: dict[str, str]) -> dict[str, Any]:
    from boto3.s3.transfer import TransferConfig  # late: most need no S3, and it is slow to load
    from botocore.config import Config

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        s3={"addressing_style": "path" if endpoint else None},
        tcp_keepalive=True,
    )
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "location": prefix,
        "endpoint_url": endpoint,
        "access_key": key or None,
        "secret_key": secret or None,
        "region_name": query.get("region") or None,
        "client_config": config,
        "transfer_config": TransferConfig(num_download_attempts=_DOWNLOAD_ATTEMPTS),
        "max_memory_size": _IN_MEMORY,
        "file_overwrite": True,
        "querystring_auth": True,
        "default_acl": None,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
