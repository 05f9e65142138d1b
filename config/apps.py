"""Settings, errors, the local mode and its commands."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
