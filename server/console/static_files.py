"""Scripts, styles and pictures of the console. A changed file has another path, so browsers keep each for a year."""

import zlib
from functools import cache
from pathlib import Path

from aiohttp import web

from server.http.answers import Answer
from server.http.errors import not_found

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in TYPES}


@cache
def version() -> str:
    """Of all files together: a module names the others without a version, so they change as one."""
    return f"{zlib.crc32(b''.join(content for _, content in sorted(_files().items()))):08x}"


def path_of(name: str) -> str:
    return f"/static/{version()}/{name}"


async def get_file(request: web.Request) -> Answer:
    """A file of any version is the present one; only the present version may be kept."""
    name = request.match_info["file"]
    content = _files().get(name)
    if content is None:
        raise not_found()
    kept = "public, max-age=31536000, immutable" if request.match_info["version"] == version() else "no-cache"
    return Answer(content, headers={"Content-Type": TYPES[Path(name).suffix], "Cache-Control": kept})
