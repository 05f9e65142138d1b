"""Shifts Python's clocks by CHAOS_CLOCK_SHIFT seconds, in every process that has this folder in its PYTHONPATH.

What it shifts: `time.time`, `time.time_ns`, `datetime.now`, `utcnow`, `today`. What it doesn't: monotonic clocks (they
have no hour to be off by), the database's clock, and C code that asks the kernel itself, such as TLS.
"""

import datetime
import os
import time

SHIFT = float(os.environ["CHAOS_CLOCK_SHIFT"])
_time, _time_ns, _datetime = time.time, time.time_ns, datetime.datetime


class _Meta(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, _datetime)

    def __subclasscheck__(cls, subclass):
        return issubclass(subclass, _datetime)


class ShiftedDatetime(_datetime, metaclass=_Meta):
    """datetime.datetime by a wrong clock."""

    @classmethod
    def now(cls, tz=None):
        return _datetime.now(tz) + datetime.timedelta(seconds=SHIFT)

    @classmethod
    def utcnow(cls):
        return _datetime.utcnow() + datetime.timedelta(seconds=SHIFT)

    @classmethod
    def today(cls):
        return _datetime.today() + datetime.timedelta(seconds=SHIFT)


time.time = lambda: _time() + SHIFT
time.time_ns = lambda: _time_ns() + int(SHIFT * 1e9)
datetime.datetime = ShiftedDatetime
