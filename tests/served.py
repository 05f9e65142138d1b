"""The product's settings, as the web server's process reads them; pages find their scripts without `collectstatic`."""

from config.settings import *  # noqa: F403

STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
