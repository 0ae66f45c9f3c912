"""Organizations: the settings of one's own, its limits and how much of them is used; for global roles those of all."""

from typing import Any

from server.console import forms, lists
from server.console.forms import Form, Page
from server.console.inputs import PASSWORD, Empty, Input
from server.console.permissions import administers, is_global_admin, require_global_admin
from server.console.replies import together
from server.console.visit import Visit
from server.http.answers import Answer

COLUMNS = ("name", "number", "created")
NAME = Input("name", required=True, attributes={"maxlength": 255})
SETTINGS = (
    NAME,
    Input("failureConfirmations", "number", hint=True, attributes={"min": 1, "max": 10}),
    Input("recoveryConfirmations", "number", hint=True, attributes={"min": 1, "max": 10}),
    Input("locationSharePercent", "number", hint=True, attributes={"min": 1, "max": 100}),
    Input("reminderIntervalMinutes", "number", hint=True, empty=Empty.NULL, attributes={"min": 5, "max": 10080}),
    Input("requireTwoFactor", "check", hint=True),
)
# each limit, and the list that it is for
LIMITS = {
    "maxSmtpMonitors": "/api/smtp-monitors",
    "maxCustomers": "/api/customers",
    "maxUsers": "/api/users",
    "maxTokens": "/api/tokens",
    "maxMaintenanceWindows": "/api/maintenance-windows",
}
LIMIT_INPUTS = tuple(Input(name, "number", attributes={"min": 0}) for name in LIMITS)


async def get_list(visit: Visit) -> Answer:
    return await lists.show(
        visit, "organizations", "/api/organizations", COLUMNS, filters=lists.SEARCH, may_make=is_global_admin
    )


async def own(visit: Visit) -> Page:
    await visit.who()
    return await _settings(visit, "/api/organization", back="")


async def one(visit: Visit) -> Page:
    await visit.who()
    return await _settings(visit, f"/api/organizations/{visit.request.match_info['number']}", back="/organizations")


async def new(visit: Visit) -> Page:
    await require_global_admin(visit)
    make = Form("make", "POST", "/api/organizations", forms.go("/organizations", "organizations.done_made"), (NAME,))
    return Page("organizations", "new", (make,), "/organizations")


async def _settings(visit: Visit, path: str, *, back: str) -> Page:
    settings = await visit.get(path)
    context = {
        "subject": settings["name"],
        "settings": settings,
        "inputs": SETTINGS,
        "used": await _used(visit, settings["id"]),
    }
    changes = _changes(visit, path, settings) if administers(visit) else ()
    return Page("organizations", "title", changes, back, "organization.html", context)


def _changes(visit: Visit, path: str, settings: dict[str, Any]) -> tuple[Form, ...]:
    done = forms.go(visit.request.path)
    if not is_global_admin(visit):
        return (Form("save", "PATCH", path, done, SETTINGS, settings),)
    save = Form("save", "PATCH", path, done, (*SETTINGS, *LIMIT_INPUTS), settings)
    if settings["id"] == (visit.me or {})["organizationId"]:
        return (save,)  # nobody deletes their own
    gone = forms.go("/organizations", "form.deleted")
    return save, Form("delete", "DELETE", path, gone, (PASSWORD,), danger=True)


async def _used(visit: Visit, organization_id: int) -> dict[str, int | None]:
    """How many there are of what is limited, for who sees all of them."""
    if not administers(visit):
        return dict.fromkeys(LIMITS)
    query = {"organizationId": organization_id, "perPage": 1}
    listed = await together(*(visit.get(path, query) for path in LIMITS.values()))
    return {name: answer["total"] for name, answer in zip(LIMITS, listed, strict=True)}
