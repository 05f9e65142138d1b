"""The ASGI application."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_STATEMENT_SECONDS", "30")  # people wait for requests, nobody for a worker
django_application = get_asgi_application()  # before the next import, which needs the settings

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from analysis.consumers import ask_socket  # noqa: E402
from analysis.warming import warm_web  # noqa: E402
from config.limits import BodyLimit  # noqa: E402
from jobs.consumers import sockets  # noqa: E402
from jobs.streaming import EventStreams  # noqa: E402

websockets = URLRouter([path("ws/ask/", ask_socket), re_path("", sockets)])  # type: ignore[arg-type]  # made for views
application = ProtocolTypeRouter({"http": BodyLimit(EventStreams(django_application)), "websocket": websockets})
warm_web()
