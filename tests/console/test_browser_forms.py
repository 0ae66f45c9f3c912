"""Forms in a real browser: times in the visitor's zone, pages that only a form leads to, and no scripts."""

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from playwright.sync_api import expect

from tests.console.browsing import Window
from tests.console.running import Console

pytestmark = pytest.mark.slow
Open = Callable[..., Window]
ZONE = "America/New_York"


def window_named(console: Console, name: str) -> dict[str, Any]:
    [found] = [one for one in console.api("GET", "/api/maintenance-windows")["items"] if one["name"] == name]
    return dict(found)


def test_times_are_in_the_zone_of_the_visitor(console: Console, open_window: Open) -> None:
    window = open_window(timezone_id=ZONE)
    window.log_in_at_once()
    window.go("/windows/new")
    form = window.page.locator("form.card")
    form.get_by_label("Name").fill("Move")
    form.get_by_label(f"Start * ({ZONE})").fill("2027-07-01T09:30")
    form.get_by_label(f"End * ({ZONE})").fill("2027-07-01T11:00")
    expect(form.get_by_label("Time zone")).to_be_hidden()
    form.get_by_label("Repetition", exact=True).select_option("weekly")
    expect(form.get_by_label("Time zone")).to_have_value(ZONE)
    form.get_by_role("button", name="Create").click()
    expect(window.page.locator(".notice")).to_be_visible()
    made = window_named(console, "Move")
    assert [made["startsAt"], made["endsAt"]] == ["2027-07-01T13:30:00.000Z", "2027-07-01T15:00:00.000Z"]
    assert (made["repeat"], made["timeZone"], made["repeatUntil"]) == ("weekly", ZONE, None)


def test_an_hour_that_comes_twice_stays_the_one_that_it_was(console: Console, open_window: Open) -> None:
    times = {"startsAt": "2027-11-07T06:30:00.000Z", "endsAt": "2027-11-07T09:00:00.000Z"}
    made = console.api("POST", "/api/maintenance-windows", {"name": "Twice", **times})
    window = open_window(timezone_id=ZONE)
    window.log_in_at_once()
    window.go(f"/windows/{made['id']}")
    expect(window.page.locator("input[name=startsAt]")).to_have_value("2027-11-07T01:30")
    window.page.locator("input[name=name]").fill("Once more")
    window.page.locator("form.card button.main").click()
    expect(window.page.locator(".notice")).to_be_visible()
    assert window_named(console, "Once more").items() >= times.items()


def test_without_scripts_times_are_utc_and_deletion_asks_twice(console: Console, open_window: Open) -> None:
    window = open_window(java_script_enabled=False, timezone_id=ZONE)
    window.log_in_at_once()
    window.go("/windows/new")
    form = window.page.locator("form.card")
    form.get_by_label("Name").fill("By hand")
    form.get_by_label("Start * (UTC)").fill("2027-07-01T09:30")
    form.get_by_label("End * (UTC)").fill("2027-07-01T11:00")
    form.get_by_role("button", name="Create").click()
    made = window_named(console, "By hand")
    assert made["startsAt"] == "2027-07-01T09:30:00.000Z"
    window.go(f"/windows/{made['id']}")
    button = window.page.get_by_role("button", name="Delete window")
    expect(button).to_be_hidden()
    window.page.locator("summary", has_text="Delete window").click()
    button.click()
    expect(window.page.locator(".notice")).to_have_text("Deleted.")
    assert made["id"] not in [one["id"] for one in console.api("GET", "/api/maintenance-windows")["items"]]


def test_pages_that_a_form_leads_to_are_for_everybody(console: Console, window: Window) -> None:
    """What is shown once, and forms that come back."""
    page, email = window.page, "shown-once@example.com"
    console.add_user(email)
    window.log_in_at_once(email)
    window.go("/tokens/new")
    page.get_by_label("Name").fill("Robot")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#token")).to_be_visible()
    found = window.barriers()
    window.go("/account")
    page.get_by_role("button", name="Set up a second factor").click()
    secret = page.locator("#secret").inner_text().replace(" ", "")
    found += window.barriers()
    window.expect_status(400)
    page.get_by_label("Code of the app").fill("0")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_label("Code of the app")).to_be_focused()
    found += window.barriers()
    page.get_by_label("Code of the app").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#codes")).to_be_visible()
    found += window.barriers()
    assert not found, "\n".join(found)
