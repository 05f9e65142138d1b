"""Where bytes are kept: chosen by one address, and tried over HTTP against a real S3 endpoint."""

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from moto.server import ThreadedMotoServer

from config import storage
from tests.api.conftest import PDF, client_of, is_problem
from tests.api.test_analyze import send

NAMES = (
    "STORAGE_URL STORAGE_TYPE STORAGE_BUCKET STORAGE_PATH MINIO_ENDPOINT MINIO_SECURE MINIO_ACCESS_KEY MINIO_SECRET_KEY"
    " AWS_ENDPOINT_URL AWS_STORAGE_BUCKET_NAME AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION"
)


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in NAMES.split():
        monkeypatch.delenv(name, raising=False)


def options(tmp_path, monkeypatch, **names):
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    return storage.backend(tmp_path)["OPTIONS"]


def test_a_folder_is_the_default(tmp_path, monkeypatch):
    assert options(tmp_path, monkeypatch)["location"] == str(tmp_path / "media")
    assert options(tmp_path, monkeypatch, STORAGE_PATH="/srv/vouch")["location"] == "/srv/vouch"
    assert options(tmp_path, monkeypatch, STORAGE_URL="file:/srv/files")["location"] == "/srv/files"


def test_an_address_of_s3(tmp_path, monkeypatch):
    found = options(
        tmp_path, monkeypatch, STORAGE_URL="s3://key:se%2Fcret@minio:9000/box/some/where?scheme=http&region=eu"
    )
    assert (found["bucket_name"], found["location"], found["endpoint_url"]) == (
        "box",
        "some/where",
        "http://minio:9000",
    )
    assert (found["access_key"], found["secret_key"], found["region_name"]) == ("key", "se/cret", "eu")
    assert found["client_config"].s3["addressing_style"] == "path"


def test_amazons_own_endpoint(tmp_path, monkeypatch):
    found = options(tmp_path, monkeypatch, STORAGE_URL="s3://box")
    assert (found["bucket_name"], found["endpoint_url"], found["access_key"]) == ("box", None, None)


def test_the_names_of_minio_and_amazon(tmp_path, monkeypatch):
    minio = {"STORAGE_TYPE": "minio", "STORAGE_BUCKET": "box", "MINIO_ENDPOINT": "minio:9000", "MINIO_ACCESS_KEY": "k"}
    found = options(tmp_path, monkeypatch, **minio)
    assert (found["endpoint_url"], found["access_key"], found["bucket_name"]) == ("http://minio:9000", "k", "box")
    assert options(tmp_path, monkeypatch, MINIO_SECURE="1")["endpoint_url"] == "https://minio:9000"


@pytest.mark.parametrize("names", [{"STORAGE_TYPE": "s3"}, {"STORAGE_URL": "ftp://host/x"}])
def test_nonsense_stops_the_start(tmp_path, monkeypatch, names):
    with pytest.raises(ImproperlyConfigured):
        options(tmp_path, monkeypatch, **names)


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint, settings, tmp_path, monkeypatch):
    """Documents are kept in a bucket of a server that is reached over HTTP; gives the keys that begin with a prefix."""
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{endpoint}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="box")
    monkeypatch.setenv("STORAGE_URL", f"s3://key:secret@{endpoint}/box/prefix?scheme=http&region=us-east-1")
    settings.STORAGES = settings.STORAGES | {"default": storage.backend(tmp_path)}

    def keys(prefix=""):
        return [entry["Key"] for entry in client.list_objects_v2(Bucket="box", Prefix=prefix).get("Contents", [])]

    yield keys
    for key in keys():
        client.delete_object(Bucket="box", Key=key)
    client.delete_bucket(Bucket="box")


def test_a_document_lives_in_s3(bucket, anna, django_capture_on_commit_callbacks):
    client = client_of(anna)
    assert client.get("/readyz").json()["checks"]["storage"] == "ok"
    document = send(client, data=PDF, name="bill.pdf").json()["document_id"]
    mine = f"prefix/{anna.workspace.id}/"  # a browser of the test before may just be handing something in, too
    assert bucket(mine) == [f"{mine}{document}/original"]
    response = client.get(f"/api/v1/documents/{document}/file")
    assert b"".join(response.streaming_content) == PDF
    assert client.get(f"/api/v1/documents/{document}/pages/1.png?width=100")["Content-Type"] == "image/png"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(f"/api/v1/documents/{document}").status_code == 204
    assert bucket(mine) == []


def test_bytes_that_can_not_be_removed_now_keep_nobody_from_deleting(
    bucket, anna, settings, tmp_path, monkeypatch, django_capture_on_commit_callbacks
):
    client = client_of(anna)
    document = send(client, data=PDF, name="bill.pdf").json()["document_id"]
    monkeypatch.setenv("STORAGE_URL", "s3://key:secret@127.0.0.1:1/box?scheme=http&region=us-east-1")
    settings.STORAGES = settings.STORAGES | {"default": storage.backend(tmp_path)}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(f"/api/v1/documents/{document}").status_code == 204
    assert is_problem(client.get(f"/api/v1/documents/{document}"), 404, "not_found")


def test_s3_that_is_away_takes_nothing_in(settings, anna, tmp_path, monkeypatch):
    monkeypatch.setenv("STORAGE_URL", "s3://key:secret@127.0.0.1:1/box?scheme=http&region=us-east-1")
    settings.STORAGES = settings.STORAGES | {"default": storage.backend(tmp_path)}
    client = client_of(anna)
    response = send(client, data=PDF, name="bill.pdf")
    assert is_problem(response, 503, "storage_failed")
    assert response["Retry-After"]
    assert client.get("/api/v1/documents").json()["results"] == []
    assert client.get("/readyz").json()["checks"]["storage"] in ("failed", "timeout")
