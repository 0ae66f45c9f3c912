"""The page that shows the document: Swagger UI, from the files that its package brings."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

PAGE = "page.html"
FILES = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
    "page.js": "text/javascript; charset=utf-8",
}
# nothing from elsewhere; the bundle draws its icons from data: URLs
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}


@cache
def read(name: str) -> bytes:
    own = Path(__file__).parent / name
    return (own if own.exists() else _renderer() / name).read_bytes()


def _renderer() -> Path:
    spec = find_spec("swagger_ui")  # not imported: only its files are wanted
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static"
