"""Every page of the console."""

from aiohttp import web

from server.console import incidents, log_in, smtp_monitors, static_files, wall
from server.console.pages import page

ROUTES = [
    web.get("/", page(smtp_monitors.get_list)),
    web.post("/", page(smtp_monitors.post_list)),
    web.get("/incidents", page(incidents.get_list)),
    web.get("/incidents/{incidentId:[^/]*}", page(incidents.get_one)),
    web.post("/incidents/{incidentId:[^/]*}", page(incidents.post_one)),
    web.get("/wall", page(wall.get_wall)),
    web.get("/login", page(log_in.get_log_in)),
    web.post("/login", page(log_in.post_log_in)),
    web.post("/logout", page(log_in.post_log_out)),
    web.post("/language", page(log_in.post_language)),
    web.get("/static/{version:[^/]*}/{file:[^/]*}", static_files.get_file),
]
# pages judge the visitor by asking the API
PUBLIC = frozenset(route.handler for route in ROUTES)
