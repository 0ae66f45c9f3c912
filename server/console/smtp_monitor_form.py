"""Forms that make a monitor or change one: only the fields that were changed, and only if nobody else was first."""

from typing import Any
from uuid import uuid4

from server.console import lists, smtp_monitor_curl, smtp_monitor_fields
from server.console.permissions import require_writer
from server.console.replies import RefusedError, Reply
from server.console.smtp_monitor import PROBED, api_path, page_path
from server.console.visit import Visit, see_other
from server.console.words.monitor_form import WORDS
from server.http.answers import Answer

HINT = "monitor_form.hint."
HINTED = frozenset(key.removeprefix(HINT) for key in WORDS if key.startswith(HINT))
Form = dict[str, str]


async def get_edit(visit: Visit) -> Answer:
    await require_writer(visit)
    reply = await visit.require("GET", api_path(visit))
    texts = smtp_monitor_fields.texts_of(reply.body)
    return await _show(visit, reply.body, texts, texts, etag=reply.headers["ETag"])


async def post_edit(visit: Visit) -> Answer:
    """Save, or try the settings, or print the request."""
    form = await visit.texts()
    stored = await visit.require("GET", api_path(visit))
    etag = form.get("etag") or stored.headers["ETag"]
    read, sent = smtp_monitor_fields.read_and_sent(form)
    names, password = smtp_monitor_fields.differing(read, sent), form.get(smtp_monitor_fields.PASSWORD)
    body = smtp_monitor_fields.body_of(names, sent, stored.body["smtpConfig"], password)
    shown: dict[str, Any] = {"etag": etag, "typed": bool(password)}
    if form.get("action") in ("test", "curl"):
        shown["curl"] = smtp_monitor_curl.line(visit, "PATCH", api_path(visit), body, etag)
        return await _show(visit, stored.body, read, sent, trial=await _try(visit, form, stored.body, body), **shown)
    if not body:
        return see_other(page_path(visit), notice="monitor.done_nothing")
    reply = await visit.ask("PATCH", api_path(visit), body, headers={"If-Match": etag})
    if reply.ok:
        return see_other(page_path(visit), notice="monitor.done_saved")
    if reply.status == 412:
        return await _conflict(visit, read, sent, typed=bool(password))
    if reply.errors:
        return await _show(visit, stored.body, read, sent, reply=reply, **shown)
    raise RefusedError(reply)


async def get_new(visit: Visit) -> Answer:
    await require_writer(visit)
    return await _show(visit, None, smtp_monitor_fields.EMPTY, smtp_monitor_fields.EMPTY, key=str(uuid4()))


async def post_new(visit: Visit) -> Answer:
    """A form that is sent twice makes one monitor."""
    form = await visit.texts()
    _, sent = smtp_monitor_fields.read_and_sent(form)
    names = smtp_monitor_fields.differing(smtp_monitor_fields.EMPTY, sent)
    body = smtp_monitor_fields.body_of(names, sent, {}, form.get(smtp_monitor_fields.PASSWORD))
    customer = form.get("customerId", "")
    if customer:
        body["customerId"] = int(customer) if customer.isdecimal() and customer.isascii() else customer
    key = form.get("key") or str(uuid4())
    shown: dict[str, Any] = {"key": key, "customer": customer, "typed": bool(form.get(smtp_monitor_fields.PASSWORD))}
    if form.get("action") in ("test", "curl"):
        shown["curl"] = smtp_monitor_curl.line(visit, "POST", "/api/smtp-monitors", body)
        trial = await _try(visit, form, {}, body)
        return await _show(visit, None, smtp_monitor_fields.EMPTY, sent, trial=trial, **shown)
    reply = await visit.ask("POST", "/api/smtp-monitors", body, headers={"Idempotency-Key": f'"{key}"'})
    if reply.ok:
        return see_other(f"/monitors/{reply.body['publicId']}", notice="monitor.done_made")
    if reply.errors:
        return await _show(visit, None, smtp_monitor_fields.EMPTY, sent, reply=reply, **shown)
    raise RefusedError(reply)


async def _try(visit: Visit, form: Form, stored: dict[str, Any], body: dict[str, Any]) -> Reply | None:
    """What a check finds with these settings, before they are saved."""
    if form.get("action") != "test":
        return None
    settings = {**stored, **body}
    asked = {name: settings[name] for name in PROBED if name in settings}
    return await visit.ask("POST", "/api/smtp-monitors/test", asked)


async def _show(
    visit: Visit,
    monitor: dict[str, Any] | None,
    read: Form,
    sent: Form,
    *,
    reply: Reply | None = None,
    trial: Reply | None = None,
    etag: str = "",
    key: str = "",
    customer: str = "",
    typed: bool = False,
    curl: str | None = None,
) -> Answer:
    """The form. *monitor* is what is stored: no more of it is shown than its name, and whether it has a password."""
    customers = [] if monitor else await lists.customers(visit, lists.named_organization(visit))
    wrong = next((one for one in (reply, trial) if one is not None and not one.ok), None)
    auth = (monitor["smtpConfig"].get("auth") or {}) if monitor else {}
    return await visit.show(
        "smtp_monitor_form.html",
        status=reply.status if reply else 200,
        name=monitor["name"] if monitor else None,
        path=page_path(visit) if monitor else "/",
        groups=smtp_monitor_fields.GROUPS,
        choices=smtp_monitor_fields.CHOICES,
        read=read,
        sent=sent,
        errors=wrong.errors if wrong else {},
        refused=wrong and (wrong.body.get("detail") or wrong.body["message"]),
        found=trial.body if trial and trial.ok else None,
        etag=etag,
        key=key,
        customers=customers and [("", "–"), *customers],
        hinted=HINTED,
        customer=customer,
        stored_password=auth.get("pass") is not None,
        typed=typed,
        curl=curl,
    )


async def _conflict(visit: Visit, read: Form, sent: Form, *, typed: bool) -> Answer:
    """Somebody else was first: what both have changed is to be chosen, field by field."""
    stored = await visit.require("GET", api_path(visit))
    changes = await visit.get(f"{api_path(visit)}/changes", {"perPage": 1})
    theirs = smtp_monitor_fields.texts_of(stored.body)
    mine, others = [set(smtp_monitor_fields.differing(read, one)) for one in (sent, theirs)]
    both = [name for name in smtp_monitor_fields.differing(sent, theirs) if name in mine and name in others]
    return await visit.show(
        "smtp_monitor_conflict.html",
        status=412,
        name=stored.body["name"],
        path=page_path(visit),
        etag=stored.headers["ETag"],
        read=read,
        theirs=theirs,
        sent=sent,
        both=both,
        # what only others have changed stays as they have it
        kept={name: sent[name] if name in mine else theirs[name] for name in theirs if name not in both},
        of_others=[name for name in theirs if name in others and name not in mine],
        of_mine=[name for name in theirs if name in mine and name not in both],
        typed=typed,
        last=next(iter(changes["items"]), None),
    )
