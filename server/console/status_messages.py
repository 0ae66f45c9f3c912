"""What people write on a status page: before maintenance, while something fails, and what they add later."""

from datetime import UTC, datetime
from typing import Any

from server.console import forms, lists
from server.console.forms import Form, Page
from server.console.inputs import Empty, Input
from server.console.permissions import require_writer
from server.console.status_pages import api_path
from server.console.visit import Visit
from server.http.answers import Answer
from server.http.times import timestamp

COLUMNS = ("message", "kind", "when", "state")
KINDS = ("incident", "maintenance", "info")
LIMIT = 5000  # letters


async def get_list(visit: Visit) -> Answer:
    await visit.who()
    page = await visit.get(path := api_path(visit))

    async def whose(_listed: object) -> dict[str, Any]:
        return dict(page)

    may_make = visit.writes
    return await lists.show(
        visit, "status_messages", f"{path}/messages", COLUMNS, may_make=lambda _: may_make, beside=whose, of_one=True
    )


async def new(visit: Visit) -> Page:
    await require_writer(visit)
    page = await visit.get(path := api_path(visit))
    there = _list_of(visit)
    defaults = {"startsAt": f"{datetime.now(UTC):%Y-%m-%dT%H:%M}"}
    done = forms.go(there, "status_messages.done_made")
    make = Form("make", "POST", f"{path}/messages", done, _inputs(visit), defaults=defaults)
    return Page("status_messages", "new", (make,), there, "status_message.html", {"shown": page, "message": None})


async def one(visit: Visit) -> Page:
    await visit.who()
    page = await visit.get(path := api_path(visit))
    message = await visit.get(path := f"{path}/messages/{visit.request.match_info['message']}")
    context = {"subject": message["title"], "shown": page, "message": message}
    changes = _changes(visit, path, message) if visit.writes else ()
    return Page("status_messages", "edit", changes, _list_of(visit), "status_message.html", context)


def _changes(visit: Visit, path: str, message: dict[str, Any]) -> tuple[Form, ...]:
    """What is added comes first: it is what a message is opened for."""
    here, there = visit.request.path, _list_of(visit)
    body = Input("body", "paragraphs", required=True, words="status_messages.more", attributes=_letters(3))
    add = Form("add", "POST", f"{path}/updates", forms.go(here, "status_messages.done_added"), (body,))
    save = Form("save", "PATCH", path, forms.go(here), _inputs(visit), message)
    delete = Form("delete", "DELETE", path, forms.go(there, "form.deleted"), danger=True)
    now = datetime.now(UTC)
    begins, ends = (message[name] and datetime.fromisoformat(message[name]) for name in ("startsAt", "endsAt"))
    if begins > now or (ends is not None and ends <= now):
        return add, save, delete
    done = forms.go(here, "status_messages.done_ended")
    return add, save, Form("end", "PATCH", path, done, more={"endsAt": timestamp(now)}, danger=True), delete


def _inputs(visit: Visit) -> tuple[Input, ...]:
    kinds = [(kind, visit.say(f"status.kind_{kind}")) for kind in KINDS]
    return (
        Input("kind", choices=kinds),
        Input("title", required=True, words="status_messages.heading", attributes={"maxlength": 200}),
        Input("body", "paragraphs", required=True, hint=True, attributes=_letters(6)),
        Input("startsAt", "moment", required=True, hint=True),
        Input("endsAt", "moment", empty=Empty.NULL, hint=True),
    )


def _letters(rows: int) -> dict[str, object]:
    return {"maxlength": LIMIT, "rows": rows}


def _list_of(visit: Visit) -> str:
    return f"/status-pages/{visit.request.match_info['number']}/messages"
