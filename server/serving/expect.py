"""The Expect header (RFC 9110, 10.1.1)."""

from aiohttp import web


async def continue_if_expected(request: web.Request) -> None:
    """Ask for the body of a client that waits to be asked; other expectations are ignored."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
