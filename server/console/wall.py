"""One screen for a monitor on the wall: what fails, and since when."""

from server.console.visit import Visit
from server.http.answers import Answer
from server.resources.smtp_monitor_states import STATES

SHOWN = 24
FAILING = "down,warning"


async def get_wall(visit: Visit) -> Answer:
    """Of the organization that is named, for those who see several; without one, theirs is shown."""
    me = await visit.who()
    organization = visit.request.query.get("organizationId") or (me["organizationId"] if me["globalRole"] else None)
    summary = await visit.get("/api/summary", {"organizationId": organization})
    failing = await visit.get(
        "/api/smtp-monitors",
        {"state": FAILING, "sort": "state", "perPage": SHOWN, "organizationId": organization},
    )
    return await visit.show("wall.html", summary=summary, failing=failing, states=STATES)
