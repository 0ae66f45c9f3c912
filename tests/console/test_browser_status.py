"""A status page in a real browser: as somebody sees it who has no account, and while its monitors are chosen."""

import pytest
from playwright.sync_api import expect

from tests.console import showcase
from tests.console.browsing import Window
from tests.console.running import Console

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def console(console: Console) -> Console:
    showcase.load(console)
    return console


def test_everybody_reads_a_status_page(window: Window) -> None:
    """The page speaks its own language, whatever the visitor's is."""
    window.go(f"/status/{showcase.SLUG}")
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Mail der Hanse Logistik")
    expect(window.page.locator(".overall")).to_contain_text("Es gibt Ausfälle")
    expect(window.page.get_by_role("img", name="Verfügbarkeit")).to_have_count(3)
    window.expect_status(404)
    window.go("/status/not-there")
    assert window.barriers() == []


def test_monitors_are_moved_found_and_named(console: Console, window: Window) -> None:
    """A search loses nothing of what is not saved yet."""
    console.add_user("publisher@example.com")
    shown = console.api("GET", "/api/smtp-monitors?search=hanse&sort=name")["items"][:2]
    monitors = [{"smtpMonitorId": one["publicId"], "name": name} for one, name in zip(shown, "AB", strict=True)]
    page = console.api("POST", "/api/status-pages", {"slug": "moved", "title": "Moved", "monitors": monitors})
    window.log_in_at_once("publisher@example.com")
    window.go(f"/status-pages/{page['id']}")
    rows = window.page.locator(".named-monitors li")
    rows.nth(1).get_by_role("button", name="up").click()
    rows.nth(0).get_by_role("textbox").fill("First")
    window.page.get_by_label("Search more monitors").fill("nordlicht")
    window.page.get_by_role("button", name="Search").click()
    found = rows.filter(has_text="Nordlicht Hotels: mx1")
    expect(rows).to_have_count(5)
    found.get_by_role("checkbox").check()
    found.get_by_role("textbox").fill("Third")
    window.page.get_by_role("button", name="Save selection").click()
    expect(window.page.locator(".notice")).to_be_visible()
    saved = console.api("GET", f"/api/status-pages/{page['id']}")["monitors"]
    assert [one["name"] for one in saved] == ["First", "A", "Third"]
