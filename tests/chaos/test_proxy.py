"""The proxy does to connections what it says, seen from both ends."""

import socket
import threading
from contextlib import suppress

import pytest

from tests.chaos.proxy import HOST, Proxy

TCP_USER_TIMEOUT = 18


@pytest.fixture
def echo():
    """A server that sends back what it gets; its port."""
    listener = socket.create_server((HOST, 0))

    def serve(connection):
        with connection, suppress(ConnectionError):
            while data := connection.recv(1024):
                connection.sendall(data)

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def proxy(echo):
    made = Proxy(lambda: echo)
    yield made
    made.close()


@pytest.fixture
def call(proxy):
    opened = []

    def call():
        one = socket.create_connection((HOST, proxy.port), timeout=5)
        opened.append(one)
        return one

    yield call
    for one in opened:
        one.close()


def echoed(connection, data=b"hello"):
    connection.sendall(data)
    return connection.recv(1024) == data


def test_it_forwards_both_ways(call):
    first, second = call(), call()
    assert echoed(first, b"one")
    assert echoed(second, b"two")


def test_a_frozen_one_is_silent_and_loses_nothing(proxy, call):
    connection = call()
    assert echoed(connection)
    proxy.freeze()
    connection.sendall(b"later")
    connection.settimeout(0.3)
    with pytest.raises(TimeoutError):
        connection.recv(1024)
    proxy.thaw()
    connection.settimeout(5)
    assert connection.recv(1024) == b"later"


def test_one_that_vanished_answers_not_even_tcp(proxy, call):
    connection = call()
    connection.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, 500)
    assert echoed(connection)
    assert proxy.vanish() == 1
    connection.sendall(b"into the void")
    with pytest.raises(TimeoutError, match="timed out"):
        connection.recv(1024)
    assert echoed(call()), "new connections are taken"


def test_a_cut_is_a_reset(proxy, call):
    connection = call()
    assert echoed(connection)
    proxy.cut()
    with pytest.raises(ConnectionError):
        connection.recv(1024)
    assert echoed(call())


def test_one_that_refuses_takes_connections_again_when_told(proxy, call):
    connection = call()
    assert echoed(connection)
    proxy.refuse()
    with pytest.raises(ConnectionError):
        connection.recv(1024)
    with pytest.raises(ConnectionRefusedError):
        call()
    proxy.accept()
    assert echoed(call())
