"""Pages with forms. A form asks the API for one thing, and comes back with the API's words where it refuses.

A form that edits remembers what it has shown, and sends the changed fields alone: two people who change different
fields of the same thing do not undo each other (``tests/console/test_users.py``).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from server.console.inputs import Filled, Input
from server.console.replies import RefusedError, Reply
from server.console.visit import Visit, see_other
from server.http.answers import Answer

Texts = Mapping[str, Sequence[str]]
Done = Callable[[Visit, Reply], Awaitable[Answer]]
# what the visitor can mend, or try again; anything else is a page of its own
MENDABLE = (400, 403, 409, 429)


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked of the API: *method*, *path*, and a body of *inputs* and *more*."""

    name: str
    method: str
    path: str
    done: Done
    inputs: tuple[Input, ...] = ()
    values: Mapping[str, Any] | None = None  # what is edited, as the API gives it
    defaults: Mapping[str, Any] = field(default_factory=dict)  # what is shown of something new
    more: Mapping[str, object] = field(default_factory=dict)
    danger: bool = False  # asks once more
    username: str | None = None  # whose password is set, for the browser's memory; the visitor's own by default

    def texts(self) -> dict[str, list[str]]:
        values = self.defaults if self.values is None else self.values
        return {one.name: one.texts(values.get(one.name)) for one in self.inputs}

    def body(self, sent: Texts) -> dict[str, object]:
        """What the API is sent of a form that came back."""
        body = self._read(sent)
        if self.values is not None:
            was = _parse(sent.get("was", ("",))[-1])
            body = {name: value for name, value in body.items() if name not in was or was[name] != value}
        return {**self.more, **body}

    def was(self) -> str:
        """What the form has shown, read as if it came back unchanged."""
        return orjson.dumps(self._read(self.texts())).decode()

    def _read(self, texts: Texts) -> dict[str, object]:
        return {name: value for one in self.inputs for name, value in one.read(texts.get(one.name, ())).items()}


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that the API has refused, as it was sent."""

    form: Form
    sent: Texts
    reply: Reply


class Shown(Filled):
    """A form as its template sees it."""

    def __init__(self, visit: Visit, form: Form, refused: Refused | None) -> None:
        again = refused if refused is not None and refused.form.name == form.name else None
        errors = {} if again is None else _errors(visit, form, again)
        inputs = [one for one in form.inputs if not one.on_demand or one.name in errors]
        super().__init__(form.name, inputs, form.texts() if again is None else again.sent, errors)
        self.form, self.again = form, again is not None
        self.was = form.was() if again is None else again.sent.get("was", ("{}",))[-1]
        self.problem = "" if again is None else _problem(visit, inputs, again.reply)


@dataclass(frozen=True, slots=True)
class Page:
    """*words* is the first part of the keys of what it says; *title* the last one of its heading."""

    words: str
    title: str
    forms: tuple[Form, ...]
    back: str = "/"
    template: str = "form.html"
    context: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""  # where its forms are sent to, unless that is the page itself


MakePage = Callable[[Visit], Awaitable[Page]]


def showing(make: MakePage) -> Callable[[Visit], Awaitable[Answer]]:
    """What answers GET of a page with forms."""

    async def get(visit: Visit) -> Answer:
        return await show(visit, await make(visit))

    return get


def posting(make: MakePage) -> Callable[[Visit], Awaitable[Answer]]:
    """What answers POST of a page with forms."""

    async def post_page(visit: Visit) -> Answer:
        return await post(visit, await make(visit))

    return post_page


async def show(visit: Visit, page: Page, refused: Refused | None = None) -> Answer:
    forms = {form.name: Shown(visit, form, refused) for form in page.forms}
    status = 200 if refused is None else refused.reply.status
    return await visit.show(page.template, status=status, page=page, forms=forms, **page.context)


async def post(visit: Visit, page: Page) -> Answer:
    """Ask the API for what one of the page's forms stands for."""
    sent = await visit.form()
    name = sent.get("action", [""])[-1]
    form = next((form for form in page.forms if form.name == name), None)
    if form is None:
        return see_other(visit.here())
    body = form.body(sent)
    reply = await visit.ask(form.method, form.path, None if form.method == "DELETE" and not body else body)
    if reply.ok:
        return await form.done(visit, reply)
    if reply.status not in MENDABLE or reply.code == "two_factor_enrolment_required":
        raise RefusedError(reply)
    return await show(visit, page, Refused(form, sent, reply))


def go(path: str, notice: str = "form.saved") -> Done:
    """Afterwards the browser goes there."""

    async def done(_visit: Visit, _reply: Reply) -> Answer:
        return see_other(path, notice=notice)

    return done


def _errors(visit: Visit, form: Form, again: Refused) -> dict[str, str]:
    """What is wrong with each field; a password has to be typed again, whatever was wrong."""
    errors = dict(again.reply.errors)
    for one in form.inputs:
        if one.kind == "password" and one.name not in errors and any(again.sent.get(one.name, ())):
            errors[one.name] = visit.say("form.type_again")
    return errors


def _problem(visit: Visit, inputs: Sequence[Input], reply: Reply) -> str:
    """What is wrong with the whole, and with fields that the form does not have."""
    if not reply.errors:
        return str(reply.body.get("detail") or reply.body["message"])
    if reply.errors.keys() == {"currentPassword"}:
        return visit.say("form.confirm")
    names = {one.name for one in inputs}
    others = [f"{name}: {words}" for name, words in reply.errors.items() if name.partition("[")[0] not in names]
    return " ".join([visit.say("form.wrong"), *others])


def _parse(text: str) -> dict[str, object]:
    try:
        was = orjson.loads(text)
    except ValueError:
        return {}
    return was if isinstance(was, dict) else {}
