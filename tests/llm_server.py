"""A real HTTP server that speaks the chat protocol, and can be as slow, busy, strict or odd as servers are."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 120, "completion_tokens": 30}


@dataclass
class Asked:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """What the user's message says."""
        content = self.body["messages"][-1]["content"]
        return content if isinstance(content, str) else content[0]["text"]


@dataclass
class Said:
    """What the server does with a request: status, body, how long it takes, whether it trickles or hangs up."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    trickle: bool = False
    hang_up: bool = False


def content(text: Any, *, finish: str = "stop", usage: Any = USAGE) -> Said:
    """An answer of the protocol; what is no text goes as JSON."""
    said = text if isinstance(text, str) else json.dumps(text)
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": said}}
    return Said(body={"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage})


def streamed(*parts: str, finished: bool = True) -> Said:
    """An answer in parts, as `"stream": true` asks for; not `finished`: the server hangs up before its end."""
    deltas = [{"id": "1", "choices": [{"index": 0, "delta": {"content": part}}]} for part in parts]
    events = [json.dumps(delta) for delta in [*deltas, {"id": "1", "choices": [], "usage": USAGE}]]
    body = "".join(f"data: {event}\n\n" for event in [*events, *(["[DONE]"] if finished else [])])
    return Said(body=body.encode(), headers={"Content-Type": "text/event-stream"})


def refused(status: int, code: str = "", **options: Any) -> Said:
    return Said(status, {"error": {"code": code, "message": "secret sentence with sk-key"}}, **options)


class LlmServer:
    """`asked` has all requests; `replies` are used up one by one, then `always` answers."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: list[Said] = []
        self.always: Callable[[Asked], Said] = lambda _asked: content({})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _reply(self, asked: Asked) -> Said:
        self.asked.append(asked)
        return self.replies.pop(0) if self.replies else self.always(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                said = server._reply(Asked(self.path, dict(self.headers), json.loads(raw)))
                time.sleep(said.delay)
                if not said.hang_up:
                    with suppress(OSError):
                        self._say(said)

            def _say(self, said: Said) -> None:
                body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
                self.send_response(said.status)
                for name, value in {"Content-Length": str(len(body)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if not said.trickle:
                    self.wfile.write(body)
                    return
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)

            def log_message(self, *_args: Any) -> None:
                pass

        return Handler
