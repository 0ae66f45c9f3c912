"""Every page of the console."""

from aiohttp import web

from server.console import (
    account,
    audit,
    customers,
    events,
    incidents,
    log_in,
    maintenance_windows,
    organizations,
    smtp_monitor,
    smtp_monitor_form,
    smtp_monitors,
    static_files,
    status,
    status_messages,
    status_pages,
    tokens,
    users,
    wall,
)
from server.console.forms import MakePage, posting, showing
from server.console.pages import page

NUMBER = "{number:[1-9][0-9]{0,17}}"
STATUS_PAGE = f"/status-pages/{NUMBER}"


def _both(path: str, make: MakePage) -> list[web.RouteDef]:
    """A page with forms, which are sent to the page itself."""
    return [web.get(path, page(showing(make))), web.post(path, page(posting(make)))]


# what cannot be an id is refused by the API, in words
MONITOR = "/monitors/{smtpMonitorPublicId:[0-9A-Za-z-]+}"

ROUTES = [
    web.get("/", page(smtp_monitors.get_list)),
    web.post("/", page(smtp_monitors.post_list)),
    web.get("/monitors.csv", page(smtp_monitors.get_csv)),
    web.get("/incidents", page(incidents.get_list)),
    web.get("/incidents/{incidentId:[^/]*}", page(incidents.get_one)),
    web.post("/incidents/{incidentId:[^/]*}", page(incidents.post_one)),
    web.get("/events", events.get_events),
    web.get("/wall", page(wall.get_wall)),
    web.get("/monitors/new", page(smtp_monitor_form.get_new)),
    web.post("/monitors/new", page(smtp_monitor_form.post_new)),
    web.get(MONITOR, page(smtp_monitor.get_page)),
    web.post(MONITOR, page(smtp_monitor.post_page)),
    web.get(f"{MONITOR}/edit", page(smtp_monitor_form.get_edit)),
    web.post(f"{MONITOR}/edit", page(smtp_monitor_form.post_edit)),
    web.get(f"{MONITOR}/delete", page(smtp_monitor.get_delete)),
    web.post(f"{MONITOR}/delete", page(smtp_monitor.post_delete)),
    web.get("/login", page(log_in.get_log_in)),
    web.post("/login", page(log_in.post_log_in)),
    web.get("/customers", page(customers.get_list)),
    *_both("/customers/new", customers.new),
    *_both(f"/customers/{NUMBER}", customers.one),
    web.get("/users", page(users.get_list)),
    *_both("/users/new", users.new),
    *_both(f"/users/{NUMBER}", users.one),
    web.get("/tokens", page(tokens.get_list)),
    *_both("/tokens/new", tokens.new),
    web.post("/tokens/{token:[0-9a-f-]{36}}/end", page(tokens.post_end)),
    *_both("/organization", organizations.own),
    web.get("/organizations", page(organizations.get_list)),
    *_both("/organizations/new", organizations.new),
    *_both(f"/organizations/{NUMBER}", organizations.one),
    web.get("/windows", page(maintenance_windows.get_list)),
    *_both("/windows/new", maintenance_windows.new),
    *_both(f"/windows/{NUMBER}", maintenance_windows.one),
    web.get("/status-pages", page(status_pages.get_list)),
    *_both("/status-pages/new", status_pages.new),
    *_both(STATUS_PAGE, status_pages.one),
    web.get(f"{STATUS_PAGE}/messages", page(status_messages.get_list)),
    *_both(f"{STATUS_PAGE}/messages/new", status_messages.new),
    *_both(f"{STATUS_PAGE}/messages/{{message:[1-9][0-9]{{0,17}}}}", status_messages.one),
    web.get("/audit", page(audit.get_list)),
    *_both("/account", account.own),
    web.get("/account/two-factor", page(account.get_two_factor)),
    web.post("/account/two-factor", page(posting(account.two_factor))),
    web.post("/logout", page(log_in.post_log_out)),
    web.post("/language", page(log_in.post_language)),
    web.get("/status/{page:[^/]*}", status.get_status),
    web.get("/status/{page:[^/]*}/badge.svg", status.get_badge),
    web.get("/static/{version:[^/]*}/{file:[^/]*}", static_files.get_file),
]
# pages judge the visitor by asking the API
PUBLIC = frozenset(route.handler for route in ROUTES)
