"""The customers of an organization."""

from server.console import forms, lists
from server.console.forms import Form, Page
from server.console.inputs import Input
from server.console.permissions import administers, require_administrator
from server.console.visit import Visit
from server.http.answers import Answer

INPUTS = (Input("name", required=True, attributes={"maxlength": 255}),)
COLUMNS = ("name", "number", "created", "more")


async def get_list(visit: Visit) -> Answer:
    return await lists.show(visit, "customers", "/api/customers", COLUMNS, filters=lists.SEARCH, may_make=administers)


async def new(visit: Visit) -> Page:
    await require_administrator(visit)
    more = {"organizationId": await lists.organization(visit)}
    make = Form("make", "POST", "/api/customers", forms.go("/customers", "customers.done_made"), INPUTS, more=more)
    context = {"organizations": await lists.organizations(visit)}
    return Page("customers", "new", (make,), "/customers", context=context)


async def one(visit: Visit) -> Page:
    await require_administrator(visit)
    path = f"/api/customers/{visit.request.match_info['number']}"
    customer = await visit.get(path)
    return Page(
        "customers",
        "edit",
        (
            Form("save", "PATCH", path, forms.go("/customers"), INPUTS, customer),
            Form("delete", "DELETE", path, forms.go("/customers", "form.deleted"), danger=True),
        ),
        "/customers",
        context={"subject": customer["name"]},
    )
