"""The users of an organization: roles, customers, second factors, and a first password that is shown once."""

from typing import Any

from server.console import forms, lists
from server.console.forms import Form, Page
from server.console.inputs import NEW_PASSWORD, PASSWORD, Empty, Input
from server.console.permissions import administers, require_administrator
from server.console.replies import Reply
from server.console.visit import Visit, see_other
from server.http.answers import Answer

ROLES = ("admin", "user", "readonly")
GLOBAL_ROLES = ("supporter", "admin")
COLUMNS = ("email", "name", "role", "customers", "state")


async def get_list(visit: Visit) -> Answer:
    return await lists.show(visit, "users", "/api/users", COLUMNS, filters=lists.SEARCH, may_make=administers)


async def new(visit: Visit) -> Page:
    await require_administrator(visit)
    organization_id = await lists.organization(visit)
    email = Input("email", "email", required=True)
    more = {"organizationId": organization_id}
    inputs = (email, *await _inputs(visit, organization_id), NEW_PASSWORD, PASSWORD)
    make = Form("make", "POST", "/api/users", _made, inputs, more=more, defaults={"role": "user"}, username="")
    context = {"organizations": await lists.organizations(visit)}
    return Page("users", "new", (make,), "/users", context=context)


async def one(visit: Visit) -> Page:
    await require_administrator(visit)
    path = f"/api/users/{visit.request.match_info['number']}"
    user = await visit.get(path)
    return Page(
        "users",
        "edit",
        () if _is_beyond(visit, user) else await _changes(visit, user, path),
        "/users",
        "user.html",
        {"subject": user["email"], "user": user},
    )


async def _changes(visit: Visit, user: dict[str, Any], path: str) -> tuple[Form, ...]:
    me, active = await visit.who(), Input("active", "check")
    oneself = user["id"] == me["id"]
    own = () if oneself else (NEW_PASSWORD.changed(words="users.other_password"),)
    inputs = (*await _inputs(visit, user["organizationId"]), active, *own, PASSWORD)
    there = forms.go("/users")
    save = Form("save", "PATCH", path, there, inputs, user, username=user["email"])
    if oneself:  # and one's own password and factor are on the page of the account
        return (save,)
    reset = Form("reset", "DELETE", f"{path}/two-factor", forms.go("/users", "users.done_reset"), danger=True)
    delete = Form("delete", "DELETE", path, forms.go("/users", "form.deleted"), danger=True)
    return save, reset, delete


async def _inputs(visit: Visit, organization_id: int) -> tuple[Input, ...]:
    roles = [(role, visit.say(f"users.role_{role}")) for role in ROLES]
    inputs = (
        Input("name", required=True, attributes={"maxlength": 255}),
        Input("role", choices=roles, hint=True),
        Input("customerIds", "customers", choices=await lists.customers(visit, organization_id), hint=True),
    )
    if visit.role != "global admin":
        return inputs
    global_roles = [("", visit.say("users.global_none"))]
    global_roles += [(role, visit.say(f"users.global_{role}")) for role in GLOBAL_ROLES]
    return (*inputs, Input("globalRole", choices=global_roles, empty=Empty.NULL))


def _is_beyond(visit: Visit, user: dict[str, Any]) -> bool:
    """Whether only a global admin changes this user."""
    return user["globalRole"] is not None and visit.role != "global admin"


async def _made(visit: Visit, reply: Reply) -> Answer:
    """A password that the API has made is shown now or never."""
    if "password" not in reply.body:
        return see_other("/users", notice="users.done_made")
    return await visit.show("user_made.html", user=reply.body)
