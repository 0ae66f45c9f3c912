"""A status page in a real browser, as somebody sees it who has no account."""

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
