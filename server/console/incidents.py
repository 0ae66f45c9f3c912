"""Incidents: which are open, what happened around each, and who takes it over."""

from typing import Any

from server.console import lists
from server.console.visit import Visit, see_other
from server.http.answers import Answer

SHOWN = 50
FILTERS = ("status", "customerId", "organizationId", "smtpMonitorId", "from", "to", "page")


async def get_list(visit: Visit) -> Answer:
    """The open ones, unless the address asks for others."""
    query = visit.request.query
    asked: dict[str, Any] = {name: query[name] for name in FILTERS if query.get(name)}
    if "status" not in query:
        asked["status"] = "open"
    listed = await visit.get("/api/incidents", {**asked, "perPage": SHOWN})
    customers = await lists.customers(visit, lists.named_organization(visit))
    status = query.get("status", "open")
    return await visit.show("incidents.html", listed=listed, customers=customers, chosen=status)


async def get_one(visit: Visit) -> Answer:
    incident = await visit.get(_path(visit))
    return await visit.show("incident.html", incident=incident)


async def post_one(visit: Visit) -> Answer:
    """Take it over."""
    reason = (await visit.texts()).get("reason", "").strip()
    await visit.require("POST", f"{_path(visit)}/acknowledge", {"reason": reason} if reason else {})
    return see_other(visit.request.path, notice="incidents.done_taken")


def _path(visit: Visit) -> str:
    return f"/api/incidents/{visit.request.match_info['incidentId']}"
