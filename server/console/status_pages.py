"""Status pages: what they show to whom, under which names. ``status.py`` shows the pages themselves."""

from typing import Any

from server.console import forms, lists, named_monitors
from server.console.forms import Form, Page
from server.console.inputs import Empty, Input
from server.console.permissions import require_writer
from server.console.replies import Reply
from server.console.visit import Visit, see_other
from server.http.answers import Answer

API = "/api/status-pages"
COLUMNS = ("page", "scope", "visibility", "count", "state", "more")
VISIBILITIES = ("off", "members", "public")
LANGUAGES = {"de": "Deutsch", "en": "English"}
OFFERED = 20  # monitors that could be shown, too
NAMED = 100  # of a large page, the monitors beyond are shown under their chosen names alone


async def get_list(visit: Visit) -> Answer:
    async def customers(listed: dict[str, Any]) -> dict[int | str, str]:
        return await lists.names(visit, "/api/customers", (page["customerId"] for page in listed["items"]))

    return await lists.show(visit, "status_pages", API, COLUMNS, may_make=lambda visit: visit.writes, beside=customers)


async def new(visit: Visit) -> Page:
    await require_writer(visit)
    organization_id = await lists.organization(visit)
    restricted = (await visit.who())["customerIds"] is not None
    everything = None if restricted else visit.say("windows.organization")
    scope = await lists.customer_input(visit, organization_id, everything)
    defaults = {"language": visit.language, "visibility": "off", "customerId": visit.request.query.get("customerId")}
    more = {"organizationId": organization_id}
    make = Form("make", "POST", API, _made, (scope, *_inputs(visit)), defaults=defaults, more=more)
    context = {"organizations": await lists.organizations(visit)}
    return Page("status_pages", "new", (make,), "/status-pages", context=context)


async def _made(_visit: Visit, reply: Reply) -> Answer:
    """The monitors are chosen next."""
    return see_other(f"/status-pages/{reply.body['id']}", notice="status_pages.done_made")


async def one(visit: Visit) -> Page:
    await visit.who()
    page = await visit.get(path := api_path(visit))
    known = await _search(visit, page)
    shown = dict.fromkeys(monitor["smtpMonitorId"] for monitor in page["monitors"])
    unknown = [public_id for public_id in shown if public_id not in known][:NAMED]
    offered = [public_id for public_id in known if public_id not in shown][:OFFERED]
    context = {
        "subject": page["title"],
        "shown": page,
        "customers": await lists.names(visit, "/api/customers", (page["customerId"],)),
        "names": known | await lists.names(visit, "/api/smtp-monitors", unknown),
        "offered": offered,
        "rows_of": named_monitors.rows,
    }
    more: list[dict[str, object]] = [
        {"smtpMonitorId": public_id, "name": known[public_id], "offered": True} for public_id in offered
    ]
    changes = _changes(visit, path, page, more) if visit.writes else ()
    return Page("status_pages", "edit", changes, "/status-pages", "status_page.html", context)


def api_path(visit: Visit) -> str:
    """Of the page that the address names."""
    return f"{API}/{visit.request.match_info['number']}"


def _changes(visit: Visit, path: str, page: dict[str, Any], offered: list[dict[str, object]]) -> tuple[Form, ...]:
    here = forms.go(visit.request.path)
    shown = {"monitors": [*page["monitors"], *offered]}
    return (
        Form("save", "PATCH", path, here, _inputs(visit), page),
        # sent whole: what was shown before would double a form that is large already
        Form("choose", "PATCH", path, here, (Input("monitors", "monitors"),), defaults=shown),
        Form("delete", "DELETE", path, forms.go("/status-pages", "form.deleted"), danger=True),
    )


def _inputs(visit: Visit) -> tuple[Input, ...]:
    visibilities = [(name, visit.say(f"status_pages.{name}")) for name in VISIBILITIES]
    return (
        Input("title", required=True, words="status_pages.heading", attributes={"maxlength": 100}),
        Input("slug", required=True, hint=True, attributes={"minlength": 3, "maxlength": 63, "autocapitalize": "none"}),
        Input("description", "paragraphs", hint=True, attributes={"maxlength": 2000, "rows": 4}),
        Input("logoUrl", empty=Empty.NULL, hint=True, attributes={"maxlength": 255}),
        Input("language", choices=list(LANGUAGES.items()), hint=True),
        Input("visibility", choices=visibilities, hint=True),
        Input("showHostnames", "check", hint=True),
        Input("showResponseTimes", "check"),
    )


async def _search(visit: Visit, page: dict[str, Any]) -> dict[int | str, str]:
    """Names of monitors that the page could show: those that the address searches, or the first ones."""
    search = visit.request.query.get("search") or None
    asked = {"organizationId": page["organizationId"], "customerId": page["customerId"], "search": search}
    listed = await visit.get("/api/smtp-monitors", {**asked, "sort": "name", "perPage": lists.CHOICES})
    return {monitor["publicId"]: monitor["name"] for monitor in listed["items"]}
