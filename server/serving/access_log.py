"""One line a request, on stderr. Never a token or a body."""

import asyncio
import logging
import sys
import time
from functools import cached_property

from server.http.answers import log_time


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
            f'{{"time":"{log_time(time.time())}","level":"INFO","logger":"access","message":"request",'
            f'"requestId":"{request_id}","method":"{method}","route":"{route}","status":{status},'
            f'"durationMs":{milliseconds},"userId":{"null" if user_id is None else user_id}}}\n'
        )

    def flush(self) -> None:
        text = "".join(self._lines)
        self._lines.clear()
        sys.stderr.write(text)
        sys.stderr.flush()
