"""Maintenance windows: for a monitor, a customer or the whole organization; once, daily or weekly."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from server.console import forms, lists
from server.console.forms import Form, Page
from server.console.inputs import Empty, Input
from server.console.permissions import require_writer
from server.console.replies import together
from server.console.visit import Visit
from server.fields.moments import ZONES
from server.http.answers import Answer
from server.http.times import timestamp

COLUMNS = ("name", "scope", "when", "repeat", "state")
REPEATS = ("daily", "weekly")
HOURS = 2
FOUND = 20
# names that people know; the others are old names of the same
SHOWN_ZONES = (
    "UTC",
    *sorted(zone for zone in ZONES if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/"))),
)


async def get_list(visit: Visit) -> Answer:
    return await lists.show(
        visit,
        "windows",
        "/api/maintenance-windows",
        COLUMNS,
        may_make=lambda visit: visit.writes,
        beside=lambda listed: _scopes(visit, listed["items"]),
    )


async def new(visit: Visit) -> Page:
    """For one monitor if the address names it; a search beside the form finds it."""
    await require_writer(visit)
    organization_id, query = await lists.organization(visit), visit.request.query
    scope, monitor = await _scope(visit, organization_id)
    starts_at = datetime.now(UTC).replace(second=0, microsecond=0)
    defaults = {
        "startsAt": f"{starts_at:%Y-%m-%dT%H:%M}",
        "endsAt": f"{starts_at + timedelta(hours=HOURS):%Y-%m-%dT%H:%M}",
        "timeZone": "UTC",
        "customerId": query.get("customerId"),
    }
    more = {"organizationId": organization_id} if monitor is None else {"smtpMonitorId": monitor["publicId"]}
    inputs = (*scope, *_inputs(visit, follow_zone=True))
    done = forms.go("/windows", "windows.done_made")
    make = Form("make", "POST", "/api/maintenance-windows", done, inputs, defaults=defaults, more=more)
    context = {
        "monitor": monitor,
        "found": await _search(visit),
        "organizations": await lists.organizations(visit) if monitor is None else None,
    }
    return Page("windows", "new", (make,), "/windows", "window_new.html", context)


async def one(visit: Visit) -> Page:
    await visit.who()
    path = f"/api/maintenance-windows/{visit.request.match_info['number']}"
    window = await visit.get(path)
    context = {"subject": window["name"], "window": window, "beside": await _scopes(visit, [window])}
    changes = _changes(visit, path, window) if _may_change(visit, window) else ()
    return Page("windows", "edit", changes, "/windows", "window.html", context)


def _may_change(visit: Visit, window: dict[str, Any]) -> bool:
    """Who is restricted to customers sees the windows of the whole organization, and changes those of the customers."""
    restricted = (visit.me or {}).get("customerIds") is not None
    of_all = window["customerId"] is None and window["smtpMonitorId"] is None
    return visit.writes and not (restricted and of_all)


def _changes(visit: Visit, path: str, window: dict[str, Any]) -> tuple[Form, ...]:
    save = Form("save", "PATCH", path, forms.go("/windows"), _inputs(visit), window)
    delete = Form("delete", "DELETE", path, forms.go("/windows", "form.deleted"), danger=True)
    if not window["active"]:
        return save, delete
    # what repeats would otherwise open again
    name = "endsAt" if window["repeat"] is None else "repeatUntil"
    more = {name: timestamp(datetime.now(UTC))}
    return save, Form("end", "PATCH", path, forms.go("/windows", "windows.done_ended"), more=more, danger=True), delete


def _inputs(visit: Visit, *, follow_zone: bool = False) -> tuple[Input, ...]:
    """Scripts show what a repetition needs for one alone, and with *follow_zone* choose the visitor's own zone."""
    repeats = [("", visit.say("windows.once")), *((name, visit.say(f"windows.{name}")) for name in REPEATS)]
    zones = [(zone, zone.replace("_", " ")) for zone in SHOWN_ZONES]
    needed = {"data-needs": "repeat"}
    zone = {"data-zone": "own"} if follow_zone else {}
    return (
        Input("name", required=True, attributes={"maxlength": 255}),
        Input("startsAt", "moment", required=True),
        Input("endsAt", "moment", required=True),
        Input("repeat", choices=repeats, empty=Empty.NULL),
        Input("repeatUntil", "moment", empty=Empty.NULL, hint=True, attributes=needed),
        Input("timeZone", choices=zones, hint=True, attributes=needed | zone),
    )


async def _scope(visit: Visit, organization_id: int) -> tuple[tuple[Input, ...], dict[str, Any] | None]:
    """The input of whom a new window is for; or the monitor that the address names, and no input."""
    if wanted := visit.request.query.get("smtpMonitorId"):
        return (), await visit.get(f"/api/smtp-monitors/{quote(wanted, safe='')}")
    restricted = (await visit.who())["customerIds"] is not None
    whole = None if restricted else visit.say("windows.organization")
    return (await lists.customer_input(visit, organization_id, whole),), None


async def _search(visit: Visit) -> list[dict[str, Any]] | None:
    if not (words := visit.request.query.get("search")):
        return None
    listed = await visit.get("/api/smtp-monitors", {"search": words, "perPage": FOUND})
    items: list[dict[str, Any]] = listed["items"]
    return items


async def _scopes(visit: Visit, windows: list[dict[str, Any]]) -> dict[int | str, str]:
    """The names of the customers and monitors that windows are for."""
    customers, monitors = await together(
        lists.names(visit, "/api/customers", (window["customerId"] for window in windows)),
        lists.names(visit, "/api/smtp-monitors", (window["smtpMonitorId"] for window in windows)),
    )
    scopes: dict[int | str, str] = customers | monitors
    return scopes
