"""Logs for machines: a JSON object per line, with the request's id and no secret."""

import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_SECRET_NAME = re.compile(r"passw|secret|token|authorization|cookie|api_?key|dsn", re.IGNORECASE)
# user:password@host in an address, and bearer tokens, wherever a message carries them
_SECRET_TEXT = re.compile(r"(?<=://)([^\s:/@]*):[^\s@]+(?=@)|(?<=[Bb]earer )[\w.~+/=-]+")


def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hides values whose name or form says that they are secret."""
    for name, value in event.items():
        if _SECRET_NAME.search(name):
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = _SECRET_TEXT.sub(
                lambda found: f"{found[1] or ''}:***" if found[1] is not None else "***", value
            )
    return event


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
]


def settings(level: str, *, as_json: bool) -> dict[str, Any]:
    """The LOGGING dict: everything to stderr."""
    last = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    mask,
                    last,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},  # 4xx are the callers' business and counted in the metrics
            "uvicorn": {"handlers": [], "propagate": True},
            "uvicorn.access": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            "channels_redis": {"level": "CRITICAL"},  # a trace each second while Redis is away; we say it in a line
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG: stdlib logging and structlog write the same lines."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
