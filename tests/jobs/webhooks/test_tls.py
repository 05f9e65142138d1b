"""Over TLS the receiver's name is verified, although the connection goes to an address."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jobs.webhooks import sending

NAME = "erp.example.org"


@pytest.fixture
def certificate(tmp_path):
    """A certificate of NAME that vouches for itself, with its key, as a PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        pem
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@pytest.fixture
def port(receiver, certificate, monkeypatch):
    """Of a receiver that speaks TLS, where all names lead to this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    real = socket.getaddrinfo

    def resolve(host, *args, **kwargs):
        return real("127.0.0.1" if host.endswith(".example.org") else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("jobs.webhooks.addresses._spelled_out", lambda host: [])
    sending._tls.cache_clear()
    yield receiver.server_port
    sending._tls.cache_clear()


def test_a_certificate_of_the_name(port, receiver, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert sending.post(f"https://{NAME}:{port}/", b"{}", {}).taken
    assert len(receiver.received) == 1


def test_a_certificate_of_another_name(port, receiver, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    answer = sending.post(f"https://other.example.org:{port}/", b"{}", {})
    assert answer.code == "webhook_unreachable"
    assert "certificate" in answer.detail
    assert receiver.received == []


def test_a_certificate_that_nobody_vouches_for(port, receiver):
    assert sending.post(f"https://{NAME}:{port}/", b"{}", {}).code == "webhook_unreachable"
    assert receiver.received == []
