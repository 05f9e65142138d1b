"""The ASGI application."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()  # before the next import, which needs the settings

from config.limits import BodyLimit  # noqa: E402

application = BodyLimit(django_application)
