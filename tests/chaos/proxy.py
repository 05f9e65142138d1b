"""A TCP proxy in a thread that can misbehave: freeze, cut, refuse, or vanish from the network."""

import asyncio
import ctypes
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

HOST = "127.0.0.1"
_SO_ATTACH_FILTER = 26
_DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)  # one instruction of classic BPF: return 0 bytes of every packet


def vanish(connection: socket.socket) -> None:
    """Drops all that comes in, before TCP sees it: the other end gets no answer, no reset, not even an ACK.

    This is what a pulled cable or a firewall that lost its state looks like: a half-open connection.
    """
    code = ctypes.create_string_buffer(_DROP_ALL)
    program = struct.pack("HL", 1, ctypes.addressof(code))
    connection.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


class Link:
    """One connection through the proxy: both of its sockets."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.ends = (client, server)
        self.vanished = False
        self.task: asyncio.Task[None]

    def vanish(self) -> None:
        self.vanished = True
        for end in self.ends:
            with suppress(OSError):
                vanish(end)

    def reset(self) -> None:
        for end in self.ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.task.cancel()


class Proxy:
    """Forwards `port` to `target` until told otherwise. All methods may be called from any thread."""

    def __init__(self, target: Callable[[], int]) -> None:
        """`target` gives the port of the server behind it, asked for each connection: servers move when restarted."""
        self._target = target
        self._links: set[Link] = set()
        self._loop = asyncio.new_event_loop()
        self._listener = _listen(0)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._flowing: asyncio.Event
        self._started = threading.Event()
        self._thread.start()
        self._started.wait()

    def close(self) -> None:
        self._do(self._cut)
        self._do(self._listener.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def freeze(self) -> None:
        """Nothing goes through any more, on old and new connections; TCP itself stays polite."""
        self._do(self._flowing.clear)

    def thaw(self) -> None:
        self._do(self._flowing.set)

    def cut(self) -> None:
        """Resets all connections; new ones are taken."""
        self._do(self._cut)

    def vanish(self) -> int:
        """Makes the connections that there are half-open, at both ends; new ones are taken. Returns how many."""
        links = list(self._links)
        self._do(lambda: [link.vanish() for link in links])
        return len(links)

    def refuse(self) -> None:
        """Resets all connections and refuses new ones."""
        self._do(self._refuse)

    def accept(self) -> None:
        """Takes connections again."""
        self._do(self._accept)

    def _do(self, action: Callable[[], object]) -> None:
        done = threading.Event()

        def run() -> None:
            try:
                action()
            finally:
                done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._serving = self._loop.create_task(self._serve())
        self._loop.call_soon(self._started.set)
        self._loop.run_forever()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.close()

    async def _serve(self) -> None:
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            server = socket.socket()
            for one in (client, server):
                one.setblocking(False)
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = Link(client, server)
            self._links.add(link)
            link.task = self._loop.create_task(self._forward(link))

    async def _forward(self, link: Link) -> None:
        client, server = link.ends
        try:
            await self._loop.sock_connect(server, (HOST, self._target()))
            async with asyncio.TaskGroup() as both:  # neither outlives the other: the sockets' numbers are used again
                both.create_task(self._pump(link, client, server))
                both.create_task(self._pump(link, server, client))
        except (OSError, ExceptionGroup):
            pass  # one end is gone, so the other goes, too
        finally:
            self._links.discard(link)
            client.close()
            server.close()

    async def _pump(self, link: Link, source: socket.socket, sink: socket.socket) -> None:
        while data := await self._loop.sock_recv(source, 65536):
            await self._flowing.wait()
            if not link.vanished:
                await self._loop.sock_sendall(sink, data)
        await self._flowing.wait()
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _cut(self) -> None:
        for link in list(self._links):
            link.reset()

    def _refuse(self) -> None:
        self._serving.cancel()
        self._loop.call_soon(self._listener.close)
        self._cut()

    def _accept(self) -> None:
        self._listener = _listen(self.port)
        self._serving = self._loop.create_task(self._serve())


def _listen(port: int) -> socket.socket:
    listener = socket.create_server((HOST, port), backlog=256)
    listener.setblocking(False)
    return listener
