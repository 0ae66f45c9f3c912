"""One monitor: how it is, how it was, and who changed what."""

from datetime import timedelta
from typing import Any

from server.console import smtp_monitor_chart, smtp_monitor_facts
from server.console.permissions import require_writer
from server.console.replies import together
from server.console.smtp_monitors import STATUSES, silence
from server.console.visit import Visit, see_other
from server.http.answers import Answer

SHOWN_CHECKS = 25
PROBED = ("hostname", "port", "timeoutSeconds", "smtpConfig")  # what a check without saving is asked for
READABLE_CHANGES = 100
# a window is for those who write; others set the status, which stays until it is set again
ACTIONS = {**STATUSES, "maintain": "maintenance"}


def api_path(visit: Visit) -> str:
    return f"/api/smtp-monitors/{visit.request.match_info['smtpMonitorPublicId']}"


def page_path(visit: Visit) -> str:
    return f"/monitors/{visit.request.match_info['smtpMonitorPublicId']}"


async def get_page(visit: Visit) -> Answer:
    return await _page(visit)


async def post_page(visit: Visit) -> Answer:
    """Do what a button says, then show the same part of the page."""
    form = await visit.texts()
    action, path = form.get("action", ""), api_path(visit)
    if action == "look":
        return await _page(visit, looked=await _look(visit))
    if action in ACTIONS:
        await visit.require("PATCH", path, {"status": ACTIONS[action]})
    elif action == "trigger":
        await visit.require("POST", f"{path}/trigger-check")
    elif action == "revert" and form.get("changeId", "").isdecimal():
        await visit.require("POST", f"{path}/changes/{form['changeId']}/revert")
    elif action == "silence":
        await silence(visit, [visit.request.match_info["smtpMonitorPublicId"]])
    else:
        return see_other(visit.here())
    return see_other(visit.here(), notice=f"monitor.done_{action}")


async def get_delete(visit: Visit) -> Answer:
    """Ask once more."""
    monitor = await visit.get(api_path(visit))
    await require_writer(visit)
    return await visit.show("smtp_monitor_delete.html", monitor=without_password(monitor), path=page_path(visit))


async def post_delete(visit: Visit) -> Answer:
    await visit.require("DELETE", api_path(visit))
    return see_other("/", notice="form.deleted")


def without_password(monitor: dict[str, Any]) -> dict[str, Any]:
    """No page shows a password, not even to those who may read it."""
    config = {**monitor["smtpConfig"]}
    if config.get("auth"):
        config["auth"] = {**config["auth"], "pass": None}
    return {**monitor, "smtpConfig": config, "config": config}


async def _look(visit: Visit) -> dict[str, Any]:
    """What a check finds right now that is not kept, such as the certificate."""
    stored = await visit.get(api_path(visit))
    asked = {name: stored[name] for name in PROBED}
    found: dict[str, Any] = (await visit.require("POST", "/api/smtp-monitors/test", asked)).body
    return found


async def _page(visit: Visit, looked: dict[str, Any] | None = None) -> Answer:
    now, path = smtp_monitor_facts.now(), api_path(visit)
    span = smtp_monitor_chart.span_of(visit.request.query, now)
    first = now.date() - timedelta(days=smtp_monitor_facts.UPTIME_DAYS - 1)
    of_days = {"startDate": first.isoformat(), "endDate": now.date().isoformat(), "granularity": "day"}
    details, long, changes = await together(
        visit.get(f"{path}/details", span.asked),
        visit.get(f"{path}/details", of_days),
        visit.get(f"{path}/changes", {"perPage": READABLE_CHANGES}),
    )
    bars = smtp_monitor_facts.uptime_bars(long["monitoringData"], now)
    certificates, older = smtp_monitor_facts.certificates_of(details["certificates"])
    changed = smtp_monitor_facts.changes_shown(changes["items"], span)
    return await visit.show(
        "smtp_monitor.html",
        path=page_path(visit),
        **_head(details),
        span=span,
        neighbours=smtp_monitor_chart.neighbours(span, now),
        chart=smtp_monitor_chart.draw(details["monitoringData"], span),
        outages=smtp_monitor_facts.incident_spans(details["incidents"], span, now),
        days=bars,
        uptime=smtp_monitor_facts.uptime_of(bars),
        stats=long["uptimeStats"],
        checks=details["testResultLog"][:SHOWN_CHECKS],
        incidents=long["incidents"],
        alerts=long["alerts"],
        changes=changed,
        marks=smtp_monitor_facts.marks_of(changed),
        all_changes=changes["total"],
        capabilities=smtp_monitor_facts.capabilities_of(details["locations"]),
        drifts=details["capabilityChanges"],
        certificates=certificates,
        older_certificates=older,
        looked=looked,
    )


def _head(details: dict[str, Any]) -> dict[str, Any]:
    monitor = without_password(details["monitor"])
    return {
        "monitor": monitor,
        "state_name": details["state"],
        "since": details["stateSince"],
        "error": details["lastError"],
        "latest": details["latestCheck"],
        "locations": details["locations"],
        "windows": details["maintenance"]["windows"],
        "settings": list(smtp_monitor_facts.settings_of(monitor)),
    }
