"""Bodies that are too large are refused by the real server before they are stored."""

import json
import socket
from contextlib import suppress

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from tests.webserver import serving

MB = 2**20


@pytest.fixture(scope="module")
def server(django_db_setup):
    """Its port."""
    with serving(MAX_UPLOAD_MB="1") as address:
        yield int(address.rpartition(":")[2])


def spoken(port, head, body=b""):
    """(status, headers, body) of the answer to raw bytes; the server may hang up while we send."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        answer = b""
        with suppress(OSError):
            connection.sendall(head + body)
        with suppress(ConnectionResetError):
            while more := connection.recv(65536):
                answer += more
    first, _, text = answer.partition(b"\r\n\r\n")
    status, *headers = first.decode().split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in headers), text


def head(path, *lines):
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def is_refusal(answer):
    status, headers, text = answer
    assert status == 413
    assert headers["content-type"] == "application/problem+json"
    problem = json.loads(text)
    assert (problem["code"], problem["instance"]) == ("file_too_large", "/api/v1/analyze")
    assert problem["request_id"] == headers["x-request-id"]
    return True


FORM = "Content-Type: multipart/form-data; boundary=x"


def test_by_what_it_says_of_its_length_before_a_byte_is_sent(server):
    assert is_refusal(spoken(server, head("/api/v1/analyze", FORM, f"Content-Length: {3 * MB}")))


def test_by_counting_what_does_not_say(server):
    chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
    assert is_refusal(spoken(server, head("/api/v1/analyze", FORM, "Transfer-Encoding: chunked"), chunk * 48))


def test_what_is_no_file_is_held_shorter(server):
    line = f"Content-Length: {2_600_000}"
    assert is_refusal(spoken(server, head("/api/v1/analyze", "Content-Type: application/json", line)))


@pytest.mark.django_db(transaction=True)
def test_a_file_within_the_limit_passes_and_comes_back(server, anna):
    token = f"Authorization: Bearer {AccessToken.for_user(anna.user)}"
    data = b"A line of text that is sent.\n" * 36_000
    assert len(data) < MB
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + data + b"\r\n--x--\r\n"
    lines = (FORM, token, f"Content-Length: {len(form)}", "Connection: close")
    status, _, text = spoken(server, head("/api/v1/analyze", *lines), form)
    assert status == 202, text
    path = f"/api/v1/documents/{json.loads(text)['document_id']}/file"
    get = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{token}\r\nConnection: close\r\n\r\n".encode()
    assert spoken(server, get)[2] == data
