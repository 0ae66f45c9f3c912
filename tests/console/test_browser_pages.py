"""Every page of the console, in a real browser: axe finds nothing in either theme, and 360 pixels are enough."""

import re
from collections.abc import Callable

import pytest

from server.console.routes import ROUTES
from tests.console import showcase
from tests.console.browsing import THEMES, Window
from tests.console.running import Console

pytestmark = pytest.mark.slow
Open = Callable[..., Window]

NO_PAGES = ("/static/", "/events", "/monitors.csv", "/status/{page:[^/]*}/")
# what stands for the name in a path that begins like this
VALUES = {
    "/monitors/": showcase.MONITOR,
    "/incidents/": "1",
    "/windows/": "1",
    "/customers/": "10",
    "/users/": "2",
    "/organizations/": "2",
    "/status/": showcase.SLUG,
}
GLOBAL = "/organizations"  # only a global admin has these pages
VARIABLE = re.compile(r"{\w+(?::(?:[^{}]|{[^{}]*})*)?}")


def paths() -> list[str]:
    """Of all pages."""
    found = {route.path for route in ROUTES if route.method == "GET" and not route.path.startswith(NO_PAGES)}
    return [VARIABLE.sub(VALUES.get(path.partition("{")[0], "unknown"), path) for path in sorted(found)]


@pytest.fixture(scope="module")
def console(console: Console) -> Console:
    showcase.load(console.database_url)
    return console


@pytest.mark.parametrize("locale", ["de", "en"])
def test_a_page_is_for_everybody(open_window: Open, locale: str) -> None:
    """In English all that can be found; in German whether the longer words fit on a phone."""
    themes = THEMES if locale == "en" else ()
    visitor, admin, global_admin = (open_window(locale=locale) for _ in range(3))
    visitor.go("/login")
    found = visitor.barriers(themes)
    admin.log_in_at_once()
    global_admin.log_in_at_once("globaladmin@example.com")
    for path in paths():
        window = global_admin if path.startswith(GLOBAL) else admin
        window.go(path)
        found += window.barriers(themes)
    assert not found, "\n".join(found)


def test_an_error_is_a_page_for_everybody(window: Window) -> None:
    window.log_in_at_once()
    window.expect_status(400)
    window.go("/?page=0")
    assert window.barriers() == []
