"""What a Dramatiq worker process imports first: `dramatiq config.worker --queues …`."""

import ctypes
import os
import signal

import django
from django.conf import settings
from django.utils.module_loading import autodiscover_modules

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Dramatiq forks its workers and forgets them when it is killed: ask the kernel to end this one then, too."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
die_with_parent()
django.setup()
autodiscover_modules(*settings.DRAMATIQ_AUTODISCOVER_MODULES)
