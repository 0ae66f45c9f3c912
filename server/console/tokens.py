"""API tokens: one's own, for administrators those of all. A token is shown once, when it is made."""

from server.console import lists
from server.console.forms import Form, Page
from server.console.inputs import PASSWORD, Empty, Input
from server.console.replies import Reply
from server.console.visit import Visit, see_other
from server.http.answers import Answer

COLUMNS = ("name", "owner", "customer", "created", "used", "ends", "more")
DAYS = (7, 30, 90, 180, 365)


async def get_list(visit: Visit) -> Answer:
    return await lists.show(
        visit,
        "tokens",
        "/api/tokens",
        COLUMNS,
        may_make=lambda visit: True,
        beside=lambda listed: lists.names(visit, "/api/customers", (one["customerId"] for one in listed["items"])),
    )


async def new(visit: Visit) -> Page:
    await visit.get("/api/tokens", {"perPage": 1})  # refused to who manages none
    me = await visit.who()
    ends = [(days, visit.say("tokens.days", n=days)) for days in DAYS]
    inputs = (
        Input("name", required=True, hint=True, attributes={"maxlength": 255}),
        Input("expiresInDays", "number", choices=[*ends, ("", visit.say("tokens.never"))], empty=Empty.NULL),
        await lists.customer_input(visit, me["organizationId"], visit.say("tokens.all_customers")),
        PASSWORD,
    )
    make = Form("make", "POST", "/api/tokens", _made, inputs, defaults={"expiresInDays": 90})
    return Page("tokens", "new", (make,), "/tokens")


async def post_end(visit: Visit) -> Answer:
    await visit.require("DELETE", f"/api/tokens/{visit.request.match_info['token']}")
    return see_other("/tokens", notice="tokens.done_ended")


async def _made(visit: Visit, reply: Reply) -> Answer:
    return await visit.show("token_made.html", token=reply.body)
