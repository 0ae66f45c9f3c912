"""Live pages in a real browser, and what interrupts them: a log-in that ends, a server that restarts, too many tabs."""

import pytest
from playwright.sync_api import expect

from tests.conftest import MONITOR
from tests.console.browsing import Window
from tests.console.running import SETTINGS, Console

pytestmark = pytest.mark.slow

HIDE = """hidden => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_session_that_ends_takes_its_open_page_along(console: Console, window: Window) -> None:
    email = "left-open@example.com"
    console.add_user(email)
    window.log_in(email)
    window.is_live()
    console.give_password(email)
    window.expect_status(401)
    window.page.wait_for_url("**/login?next=/")


@pytest.mark.parametrize("path", ["/", "/wall"])
def test_a_page_survives_a_restart_of_the_server(console: Console, window: Window, path: str) -> None:
    window.log_in_at_once()
    window.go(path)
    window.is_live()
    before = console.api("GET", f"/api/smtp-monitors/{MONITOR}")["status"]
    console.product.stop()
    expect(window.page.locator("#live")).to_contain_text("Not connected")
    console.product.start(**SETTINGS)
    after = {"disabled": "maintenance", "maintenance": "disabled"}[before]
    console.api("PATCH", f"/api/smtp-monitors/{MONITOR}", {"status": after})
    window.is_live()
    states = {"disabled": "paused", "maintenance": "maintenance"}
    if path == "/":
        expect(window.page.locator(f'tr[data-id="{MONITOR}"] .state.{states[after]}')).to_be_visible()
    assert not [problem for problem in window.problems if "error in a script" in problem]
    window.problems.clear()  # the server was away


def test_a_page_goes_on_when_a_proxy_has_said_that_nobody_is_there(window: Window) -> None:
    window.log_in_at_once()
    window.expect_status(503)
    window.page.route("**/events", lambda route: route.fulfill(status=503))
    window.go("/")
    expect(window.page.locator("#live")).to_contain_text("Not connected")
    window.page.get_by_role("searchbox").fill("half a wo")
    window.page.unroute("**/events")
    window.is_live()
    expect(window.page.get_by_role("searchbox")).to_have_value("half a wo")


def test_many_open_tabs_leave_connections_to_the_one_that_is_seen(window: Window) -> None:
    """A browser opens six to a server."""
    window.log_in_at_once()
    window.go("/")
    window.is_live()
    for _ in range(8):
        window.page.evaluate(HIDE, True)
        window.page = window.context.new_page()
        window.go("/")
        window.is_live()
    first = window.context.pages[0]
    window.page.evaluate(HIDE, True)
    window.page = first
    first.locator("#live").evaluate("one => { one.textContent = '' }")
    first.evaluate(HIDE, False)
    window.is_live()
