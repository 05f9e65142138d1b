"""Where webhooks may go."""

import socket
from ipaddress import ip_address, ip_network

import httpcore
import pytest

from documents.errors import InvalidInput
from jobs.webhooks import connecting, sending
from jobs.webhooks.addresses import callback_target, check_url, is_allowed
from jobs.webhooks.connecting import Deadline, GuardedBackend
from tests.jobs.webhooks.conftest import LOOPBACK

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fec0::1", "fc00::1", "fd12::1",
    "ff02::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "64:ff9b::10.0.0.1", "64:ff9b:1::8.8.8.8", "100::1",
    "2001:0:1::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::8.8.8.8"]


@pytest.fixture(autouse=True)
def none_allowed(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = []


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_are_refused(text):
    assert not is_allowed(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_not(text):
    assert is_allowed(ip_address(text))


@pytest.mark.parametrize(
    ("text", "allowed"),
    [("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("fd00::1", True), ("127.0.0.1", False), ("fe80::1", False)],
)
def test_an_operator_allows_networks(text, allowed, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    assert is_allowed(ip_address(text)) is allowed


@pytest.mark.parametrize(
    "url",
    ["https://example.org", "http://example.org:8080/hook?x=1#y", "https://bücher.example/", "https://8.8.8.8/"],
)
def test_urls_to_send_to(url):
    assert check_url(url) == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "begin with"),
        ("example.org/hook", "begin with"),
        ("ftp://example.org", "begin with"),
        ("file:///etc/passwd", "begin with"),
        ("javascript:alert(1)", "begin with"),
        ("https://", "begin with"),
        ("https://anna:secret@example.org", "name or password"),
        ("http://example.org:25/", "port"),
        ("http://example.org:0/", "port"),
        ("http://example.org:99999/", ""),
        ("https://example.org/\nHost: x", "not a URL"),
        ("https://" + "a" * 300 + ".org", ""),
        ("https://" + ".".join(["abcdefghi"] * 24), "longer than 200"),
        ("https://example.org/" + "a" * 500, "longer than 500"),
        ("https://[::1]:99/", "port"),
        ("https://[1:2/", ""),
        ("https://xn--/", ""),
        *[(f"http://{host}/", "private or reserved") for host in (
            "127.0.0.1", "localhost", "a.localhost", "[::1]", "[::ffff:10.0.0.1]", "0x7f.1", "2130706433", "127.1",
            "017700000001", "169.254.169.254", "[fe80::1]",
        )],
    ],
)  # fmt: skip
def test_urls_not_to_send_to(url, why):
    with pytest.raises(InvalidInput, match=why or None) as refused:
        check_url(url)
    assert refused.value.code == "webhook_url_refused"


def test_callbacks_of_a_host_belong_together(anna, mallory):
    one, other = anna.workspace.id, mallory.workspace.id
    assert callback_target(one, "https://a.example/x") == callback_target(one, "https://a.example/y?z")
    assert callback_target(one, "https://a.example/x") != callback_target(other, "https://a.example/x")
    assert callback_target(one, "https://a.example/x") != callback_target(one, "https://a.example:8443/x")


def resolving_to(*found):
    def getaddrinfo(host, port, *args, **kwargs):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    return getaddrinfo


def test_a_name_that_leads_into_the_network_is_refused_when_it_is_used(receiver):
    """The hosts file of every machine has one."""
    with pytest.raises(InvalidInput, match="localhost is in a private"):
        GuardedBackend(Deadline(2)).connect_tcp("localhost", receiver.server_port)
    assert receiver.received == []


def test_one_private_address_among_public_ones_is_enough(monkeypatch):
    monkeypatch.setattr(connecting.socket, "getaddrinfo", resolving_to("8.8.8.8", "10.0.0.1"))
    with pytest.raises(InvalidInput):
        sending.post("http://rebinding.example/", b"{}", {})


def test_it_connects_to_what_was_checked_and_asks_no_second_time(monkeypatch, receiver, settings):
    """The name leads elsewhere with every question."""
    settings.WEBHOOKS_ALLOW_PRIVATE = [LOOPBACK]
    answers = iter(["127.0.0.1", "10.0.0.1", "10.0.0.1"])
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        return (
            resolving_to(next(answers))(host, port)
            if host == "rebinding.example"
            else real(host, port, *args, **kwargs)
        )

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr("jobs.webhooks.addresses._spelled_out", lambda host: [])
    answer = sending.post(f"http://rebinding.example:{receiver.server_port}/", b"{}", {})
    assert answer.taken
    assert receiver.received[0][0]["Host"] == f"rebinding.example:{receiver.server_port}"


def test_the_next_address_is_tried(monkeypatch, receiver, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = [LOOPBACK]
    monkeypatch.setattr(connecting.socket, "getaddrinfo", resolving_to("127.0.0.9", "127.0.0.1"))
    stream = GuardedBackend(Deadline(2)).connect_tcp("two.example", receiver.server_port)
    assert stream.get_extra_info("server_addr") == ("127.0.0.1", receiver.server_port)
    stream.close()


def test_a_name_that_is_none():
    with pytest.raises(httpcore.ConnectError, match="can't be resolved"):
        GuardedBackend(Deadline(5)).connect_tcp("nowhere.invalid", 80)


def test_a_name_without_addresses(monkeypatch):
    monkeypatch.setattr(connecting.socket, "getaddrinfo", resolving_to())
    with pytest.raises(httpcore.ConnectError, match="no address"):
        GuardedBackend(Deadline(5)).connect_tcp("empty.example", 80)


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch):
    import threading

    hold = threading.Event()
    monkeypatch.setattr(connecting.socket, "getaddrinfo", lambda *_, **__: hold.wait(5) and [])
    with pytest.raises(httpcore.ConnectTimeout):
        GuardedBackend(Deadline(0.1)).connect_tcp("slow.example", 80)
    hold.set()


def test_a_deadline_that_has_passed():
    with pytest.raises(httpcore.TimeoutException):
        Deadline(0).left()
