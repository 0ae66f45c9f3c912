"""The list of monitors: what is down right now, and what many of them are told at once."""

from datetime import UTC, datetime, timedelta

from server.console import lists
from server.console.replies import together
from server.console.visit import Visit, see_other
from server.http.answers import Answer
from server.http.times import timestamp
from server.resources.smtp_monitor_states import STATES

SHOWN = 50
SILENT_HOURS = 2
# names in the page's address that the API's list knows, too
FILTERS = ("search", "customerId", "organizationId", "state", "page")
SORTS = ("state", "-stateSince", "name")
STATUSES = {"pause": "disabled", "resume": "active"}


async def get_list(visit: Visit) -> Answer:
    """Worst first, unless the address says otherwise."""
    query, sort = visit.request.query, await _sort(visit)
    asked: dict[str, str | int | None] = {name: query[name] for name in FILTERS if query.get(name)}
    listed, summary, customers = await together(
        visit.get("/api/smtp-monitors", {**asked, "sort": sort, "perPage": SHOWN}),
        visit.get("/api/summary", {name: query.get(name) or None for name in ("customerId", "organizationId")}),
        lists.customers(visit, lists.named_organization(visit)),
    )
    shown = {
        "listed": {"unavailableCells": (), **listed},
        "summary": summary,
        "customers": customers,
        "times": await response_times(visit, [monitor["publicId"] for monitor in listed["items"]]),
    }
    return await visit.show("smtp_monitors.html", states=STATES, sorts=sort and SORTS, sort=sort, **shown)


async def get_csv(visit: Visit) -> Answer:
    """The same list as a table, whole."""
    query = visit.request.query
    asked = {name: query[name] for name in FILTERS if query.get(name) and name != "page"}
    return await visit.pass_on("/api/smtp-monitors/export", {**asked, "format": "csv"})


async def _sort(visit: Visit) -> str | None:
    """Who reaches several organizations sees them one after the other, until he names one."""
    if (await visit.who())["globalRole"] and not visit.request.query.get("organizationId"):
        return None
    return visit.request.query.get("sort") or SORTS[0]


async def response_times(visit: Visit, public_ids: list[str]) -> dict[str, list[float | None]]:
    """Of each monitor, the last 24 hours."""
    if not public_ids:
        return {}
    answer = await visit.get("/api/smtp-monitors/response-times", {"ids": ",".join(public_ids)})
    return {item["publicId"]: item["responseTimes"] for item in answer["items"]}


async def post_list(visit: Visit) -> Answer:
    """Do one thing with the selected monitors, then show the same part of the list."""
    form = await visit.form()
    ids, action = form.get("id", [])[:SHOWN], form.get("action", [""])[-1]
    back = visit.here()
    if not ids:
        return see_other(back, notice="monitors.done_none")
    if action in STATUSES:
        await visit.require("PATCH", "/api/smtp-monitors", {"ids": ids, "changes": {"status": STATUSES[action]}})
    elif action == "trigger":
        await together(*(visit.require("POST", f"/api/smtp-monitors/{one}/trigger-check") for one in ids))
    else:
        await silence(visit, ids)
        action = "silence"
    return see_other(back, notice=f"monitors.done_{action}", count=len(ids))


async def silence(visit: Visit, ids: list[str]) -> None:
    starts_at = datetime.now(UTC)
    window = {
        "name": visit.say("monitors.window"),
        "startsAt": timestamp(starts_at),
        "endsAt": timestamp(starts_at + timedelta(hours=SILENT_HOURS)),
    }
    path = "/api/maintenance-windows"
    await together(*(visit.require("POST", path, {**window, "smtpMonitorId": one}) for one in ids))
