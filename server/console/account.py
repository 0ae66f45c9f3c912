"""The visitor's own account: its password, and the second factor of its log-in.

A caller who must enrol may ask the API for these things alone, and so does this page.
"""

import segno
from markupsafe import Markup
from yarl import URL

from server.console import forms
from server.console.forms import Form, Page
from server.console.inputs import NEW_PASSWORD, PASSWORD, Empty, Input
from server.console.replies import Reply
from server.console.visit import Visit, see_other
from server.http.answers import Answer

FACTOR = "/api/session/two-factor"
ENROL = "/account/two-factor"
OTPAUTH, MAX_OTPAUTH = "otpauth://totp/", 1000  # what a QR code is drawn of
OWN_PASSWORD = Input(
    "currentPassword", "password", required=True, empty=Empty.OMITTED, attributes={"autocomplete": "current-password"}
)
CODE = Input("code", required=True, hint=True, attributes={"autocomplete": "one-time-code", "maxlength": 64})


async def own(visit: Visit) -> Page:
    me, factor = await visit.who(), await visit.get(FACTOR)
    new = NEW_PASSWORD.changed(required=True, words="account.new_password")
    change = Form("change", "PATCH", "/api/session", forms.go("/account", "account.done_changed"), (OWN_PASSWORD, new))
    if factor["active"]:
        done, inputs = forms.go("/account", "account.done_removed"), (OWN_PASSWORD, CODE)
        second = Form("remove", "POST", f"{FACTOR}/removal", done, inputs, danger=True)
    else:
        second = Form("begin", "POST", FACTOR, _begun, (PASSWORD,))
    return Page("account", "title", (second, change), "", "account.html", {"account": me, "factor": factor})


async def get_two_factor(visit: Visit) -> Answer:
    """A secret is shown in the answer that has made it, and nowhere else."""
    return see_other("/account")


async def two_factor(visit: Visit) -> Page:
    """Where the code of a new authenticator is sent to. The form brings along what its QR code was drawn of."""
    sent = await visit.form()
    return await _enrolment(visit, sent.get("otpauthUrl", [""])[-1])


async def _begun(visit: Visit, reply: Reply) -> Answer:
    return await forms.show(visit, await _enrolment(visit, reply.body["otpauthUrl"]))


async def _enrolment(visit: Visit, url: str) -> Page:
    await visit.who()
    kept = Input("otpauthUrl", "kept", empty=Empty.OMITTED)
    confirm = Form("confirm", "POST", f"{FACTOR}/confirmation", _confirmed, (CODE, kept), defaults={"otpauthUrl": url})
    return Page("account", "enrol", (confirm,), "", "two_factor.html", _drawn(url), path=ENROL)


async def _confirmed(visit: Visit, reply: Reply) -> Answer:
    return await visit.show("recovery_codes.html", codes=reply.body["recoveryCodes"])


def _drawn(url: str) -> dict[str, object]:
    """The QR code, and the secret for who types it."""
    if not url.startswith(OTPAUTH) or len(url) > MAX_OTPAUTH:
        return {"qr": None, "secret_text": None, "url": None}
    svg = segno.make_qr(url, error="m").svg_inline(scale=5, border=4, light="#fff")
    secret = URL(url).query.get("secret", "")
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"qr": Markup(svg), "secret_text": grouped, "url": url}  # noqa: S704 -- segno draws it, of black and white
