"""Every page of the console, in a real browser: axe finds nothing in either theme, and 360 pixels are enough."""

import re

import pytest

from server.console.routes import ROUTES
from tests.console import showcase
from tests.console.browsing import Window
from tests.console.running import Console
from tests.console.showcase_rows import MONITOR

pytestmark = pytest.mark.slow
NO_PAGE = re.compile(r"/(static/|events|monitors\.csv)|.*\.svg")
# what stands for the name in a path that begins like this
VALUES = {
    "/monitors/": MONITOR,
    "/incidents/": "1",
    "/windows/": "1",
    "/customers/": "10",
    "/users/": "2",
    "/organizations/": "2",
    "/status/": showcase.SLUG,
    "/status-pages/": "1",
}
GLOBAL = "/organizations"  # only a global admin has these pages
VARIABLE = re.compile(r"{\w+(?::(?:[^{}]|{[^{}]*})*)?}")


PATHS = sorted(
    {
        VARIABLE.sub(VALUES.get(route.path.partition("{")[0], "unknown"), route.path)
        for route in ROUTES
        if route.method == "GET" and not NO_PAGE.match(route.path)
    }
)


@pytest.fixture(scope="module")
def console(console: Console) -> Console:
    showcase.load(console)
    return console


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_for_everybody(window: Window, path: str) -> None:
    """In English all that can be found; in German whether the longer words fit on a phone."""
    if path != "/login":
        window.log_in_at_once("globaladmin@example.com" if path.startswith(GLOBAL) else "admin@example.com")
    window.go(path)
    found = window.barriers()
    window.choose_language("de")
    window.go(path)
    found += window.barriers(themes=())
    assert not found, "\n".join(found)


def test_an_error_is_a_page_for_everybody(window: Window) -> None:
    window.log_in_at_once()
    window.expect_status(400)
    window.go("/?page=0")
    assert window.barriers() == []
