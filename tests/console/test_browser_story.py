"""A team lead's day: a mail server goes down, the list shows it, he reads why, silences it, and sees it come back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.console.browsing import Window
from tests.console.running import Console, mail_server
from tests.ports import free_port
from tests.product.process import wait_until

pytestmark = pytest.mark.slow

# remembers when a row shows each state, by the clock that the server has, too
WATCH = """publicId => {
    const row = document.querySelector(`tr[data-id="${publicId}"]`);
    globalThis.seen = {};
    new MutationObserver(() => {
        for (const state of ["up", "warning", "down", "maintenance"]) {
            if (row.querySelector(`.state.${state}`)) seen[state] ??= Date.now();
        }
    }).observe(row, {subtree: true, childList: true, characterData: true, attributes: true});
}"""


def check(console: Console, monitor: dict[str, Any]) -> None:
    """Have it checked, and wait until there is one more result."""
    path = f"/api/smtp-monitors/{monitor['publicId']}"

    def results() -> int:
        return len(console.api("GET", f"{path}/check-history")["items"])

    before = results()
    console.api("POST", f"{path}/trigger-check")
    wait_until(lambda: results() > before)


def test_an_outage_is_seen_understood_silenced_and_over(
    console: Console, window: Window, open_window: Callable[[], Window]
) -> None:
    # a monitor is checked every ten seconds at most, however often somebody asks for it
    console.api("PATCH", "/api/organization", {"failureConfirmations": 1, "recoveryConfirmations": 1})
    port = free_port()
    settings = {"name": "Mail of the castle", "hostname": "127.0.0.1", "port": port, "checkInterval": 3600}
    monitor = console.api("POST", "/api/smtp-monitors", {"customerId": 10, **settings})
    page, row = window.page, window.page.locator(f'tr[data-id="{monitor["publicId"]}"]')

    window.log_in("user@example.com")
    window.is_live()
    page.evaluate(WATCH, monitor["publicId"])
    with mail_server(port):
        check(console, monitor)
        expect(row.locator(".state")).to_have_text("Up")
    check(console, monitor)
    expect(row.locator(".state")).to_have_text("Down")
    expect(row).to_contain_text("The connection was refused")
    [incident] = console.api("GET", f"/api/incidents?smtpMonitorId={monitor['publicId']}")["items"]
    opened_at = datetime.fromisoformat(incident["openedAt"]).timestamp()
    # for who runs it with -s: no test may depend on the speed of a machine
    print(f"its row was red {page.evaluate('seen.down') / 1000 - opened_at:.2f} s after the incident")

    row.get_by_role("link").click()
    expect(page.get_by_role("alert")).to_contain_text("The connection was refused")
    page.get_by_role("button", name="Maintenance for 2 hours").click()
    expect(page.locator("h1 + * .state")).to_have_text("Maintenance")

    page.get_by_role("link", name="All monitors").click()
    window.is_live()
    expect(row.locator(".state")).to_have_text("Maintenance")
    with mail_server(port):
        check(console, monitor)
        end_maintenance(open_window(), monitor["name"])
        expect(row.locator(".state")).to_have_text("Up")


def end_maintenance(window: Window, name: str) -> None:
    """As a colleague does it elsewhere."""
    window.log_in("admin@example.com", "/windows")
    window.page.locator("tr", has_text=name).get_by_role("link").first.click()
    window.page.locator("summary", has_text="End now").click()
    window.page.get_by_role("button", name="End now").click()
    expect(window.page.locator(".notice")).to_be_visible()
