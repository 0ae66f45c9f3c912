"""Every page of the console, in a real browser: axe finds nothing in either theme, and 360 pixels are enough."""

import re
from collections.abc import Callable

import pytest

from server.console.routes import ROUTES
from tests.conftest import MONITOR
from tests.console import showcase
from tests.console.browsing import Window
from tests.console.running import Console

pytestmark = pytest.mark.slow
Open = Callable[..., Window]

NO_PAGES = ("/static/", "/events", "/monitors.csv")
# what stands for a name in a path
VALUES = {"smtpMonitorId": MONITOR, "incidentId": "1"}
VARIABLE = re.compile(r"{(\w+)(?::[^}]*)?}")
PATHS = sorted(
    VARIABLE.sub(lambda found: VALUES[found[1]], route.path)
    for route in ROUTES
    if route.method == "GET" and not route.path.startswith(NO_PAGES)
)


@pytest.fixture(scope="module")
def console(console: Console) -> Console:
    showcase.load(console.database_url)
    return console


@pytest.mark.parametrize("locale", ["de", "en"])
def test_a_page_is_for_everybody(open_window: Open, locale: str) -> None:
    """In both languages: words of different length need different widths."""
    window = open_window(locale=locale)
    window.go("/login")
    window.is_accessible()
    window.log_in_at_once()
    for path in PATHS:
        window.go(path)
        window.is_accessible()


def test_an_error_is_a_page_for_everybody(window: Window) -> None:
    window.log_in_at_once()
    window.expect_status(400)
    window.go("/?page=0")
    window.is_accessible()
