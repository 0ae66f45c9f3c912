"""A server's reply: three digits, and as many lines as it may have."""

import re
from dataclasses import dataclass

from server.checks.failure import Failed
from server.checks.outcome import Code
from server.checks.text import readable, shortened
from server.checks.wire import Wire

LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
MAX_LINES = 200
MAX_BYTES = 65536  # of all lines of a reply


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    lines: tuple[bytes, ...]

    @property
    def kind(self) -> int:
        """The first digit: 2 success, 3 go on, 4 temporary failure, 5 permanent failure."""
        return self.code // 100

    @property
    def text(self) -> str:
        return " ".join(readable(line) for line in self.lines)

    def failed(self, temporary: Code, rejected: Code, otherwise: Code = Code.PROTOCOL_ERROR) -> Failed:
        """The failure that this unexpected reply ends the probe with."""
        code = {4: temporary, 5: rejected}.get(self.kind, otherwise)
        return Failed(code, reply_code=self.code, reply_text=self.text)


async def read_reply(wire: Wire) -> Reply:
    """The next reply; Failed if it is malformed, endless, or never comes."""
    lines: list[bytes] = []
    first, size = None, 0
    while True:
        line = await wire.line()
        match = LINE.fullmatch(line)
        if match is None or first not in (None, match[1]):
            raise Failed(Code.PROTOCOL_ERROR, shortened(readable(line), 80))
        first = match[1]
        lines.append(match[3] or b"")
        size += len(line)
        if match[2] != b"-":
            return Reply(int(first), tuple(lines))
        if len(lines) == MAX_LINES or size > MAX_BYTES:
            raise Failed(Code.PROTOCOL_ERROR, f"a reply has more than {MAX_LINES} lines or {MAX_BYTES} bytes")
