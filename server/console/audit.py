"""The audit: who administered what, when and from where, with what was before and after."""

from server.console import lists
from server.console.inputs import Input
from server.console.visit import Visit
from server.http.answers import Answer
from server.resources.audit import ACTIONS, RESOURCES

COLUMNS = ("happened", "actor", "what", "changes")


async def get_list(visit: Visit) -> Answer:
    return await lists.show(visit, "audit", "/api/audit", COLUMNS, filters=_filters(visit))


def _filters(visit: Visit) -> tuple[Input, ...]:
    every = ("", visit.say("audit.any"))
    actions = [every, *((name, visit.say(f"audit.action_{name}")) for name in ACTIONS)]
    resources = [every, *((name, visit.say(f"audit.resource_{name}")) for name in RESOURCES)]
    return (
        Input("actor", words="audit.by"),
        Input("action", choices=actions),
        Input("resource", choices=resources),
        Input("resourceId"),
        Input("from", "moment"),
        Input("to", "moment"),
    )
