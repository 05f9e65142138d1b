"""The ASGI application on a real server, in a thread of the test's process: on the test's database and settings."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from config.asgi import application


@dataclass(frozen=True)
class Server:
    url: str
    stop: Callable[[], None]

    @property
    def sockets(self) -> str:
        return self.url.replace("http", "ws", 1)


@contextmanager
def serving(port: int = 0) -> Iterator[Server]:
    config = uvicorn.Config(
        application, port=port, lifespan="off", access_log=False, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    give_up = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < give_up
        time.sleep(0.01)

    def stop() -> None:
        server.should_exit = True
        thread.join(10)

    yield Server(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", stop)
    stop()
