"""Pages with a list of the API: its filters are those of the page's address, and it comes in pages."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.console.inputs import Empty, Filled, Input
from server.console.replies import RefusedError, together
from server.console.visit import Visit
from server.http.answers import Answer

SHOWN = 50
CHOICES = 200  # more are no choice in a form: it takes a number instead
SEARCH = (Input("search", "search", words="monitors.search"),)
MAX_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Organizations:
    """For who reaches several: their names by number, and whether those are all."""

    names: Mapping[int, str]
    complete: bool


async def show(
    visit: Visit,
    words: str,
    path: str,
    columns: Sequence[str],
    *,
    filters: Sequence[Input] = (),
    may_make: Callable[[Visit], bool] = lambda visit: False,
    beside: Callable[[Any], Awaitable[Any]] | None = None,
    of_one: bool = False,
) -> Answer:
    """The list at *path*, by the template <words>.html. *filters* are named as the API's.

    *may_make* tells whether the visitor is offered to make one more. *beside* gets what the list needs besides.
    *of_one*: what is listed belongs to one organization, whoever visits.
    """
    reached = None if of_one else await organizations(visit)
    listed, errors = await _read(visit, path, filters)
    texts = {name: [text] for name, text in visit.request.query.items()}
    shown: dict[str, Any] = {
        "listed": listed,
        "columns": columns,
        "words": words,
        "filters": Filled("filter", filters, texts, errors),
        "organizations": reached,
        "may_make": may_make(visit),
        "beside": None if beside is None else await beside(listed),
    }
    return await visit.show(f"{words}.html", status=400 if errors else 200, **shown)


async def _read(visit: Visit, path: str, filters: Sequence[Input]) -> tuple[dict[str, Any], dict[str, str]]:
    """The list that the address asks for; an empty one, and what is wrong with the filters."""
    query = visit.request.query
    asked: dict[str, Any] = {name: query[name] for name in ("organizationId", "page") if query.get(name)}
    for one in filters:
        if query.get(one.name):
            asked |= one.read([query[one.name]])
    reply = await visit.ask("GET", path, query={**asked, "perPage": SHOWN})
    if reply.ok:
        return {"unavailableCells": (), **reply.body}, {}
    if not reply.errors or not reply.errors.keys() <= {one.name for one in filters}:
        raise RefusedError(reply)
    return {"items": (), "total": 0, "page": 1, "perPage": SHOWN, "unavailableCells": ()}, reply.errors


async def organizations(visit: Visit) -> Organizations | None:
    """None for who reaches but the own one."""
    if not (await visit.who())["globalRole"]:
        return None
    listed = await visit.get("/api/organizations", {"perPage": CHOICES})
    return Organizations({one["id"]: one["name"] for one in listed["items"]}, listed["total"] <= CHOICES)


def named_organization(visit: Visit) -> int | None:
    """The one that the address names."""
    text = visit.request.query.get("organizationId", "")
    return int(text) if text.isdecimal() and len(text) < MAX_DIGITS else None


async def organization(visit: Visit) -> int:
    """Where something is made: the visitor's own organization, or the one that the address names."""
    me, wanted = await visit.who(), named_organization(visit)
    return wanted if me["globalRole"] and wanted is not None else me["organizationId"]


async def customer_input(visit: Visit, organization_id: int, everything: str | None) -> Input:
    """One customer, or *everything* where there are words for that."""
    choices = await customers(visit, organization_id)
    whole = [] if everything is None else [("", everything)]
    if not choices and everything is None:
        return Input("customerId", "number", hint=True, required=True)
    return Input("customerId", "number", empty=Empty.NULL, choices=choices and [*whole, *choices], hint=not choices)


async def customers(visit: Visit, organization_id: int | None) -> list[tuple[object, str]]:
    """The customers to choose from, of one organization or of all; none if they are too many for that."""
    organization_filter = organization_id if (await visit.who())["globalRole"] else None
    listed = await visit.get("/api/customers", {"perPage": CHOICES, "organizationId": organization_filter})
    if listed["total"] > CHOICES:
        return []
    return [(one["id"], one["name"]) for one in listed["items"]]


async def names(visit: Visit, path: str, ids: Iterable[int | str | None]) -> dict[int | str, str]:
    """Of what a list names by id alone; what the visitor does not see keeps its id."""
    wanted = list(dict.fromkeys(one for one in ids if one is not None))
    replies = await together(*(visit.ask("GET", f"{path}/{one}") for one in wanted))
    return {one: reply.body["name"] if reply.ok else str(one) for one, reply in zip(wanted, replies, strict=True)}
