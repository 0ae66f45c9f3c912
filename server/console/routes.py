"""Every page of the console."""

from aiohttp import web

from server.console import log_in, smtp_monitors, static_files
from server.console.pages import page

ROUTES = [
    web.get("/", page(smtp_monitors.get_list)),
    web.post("/", page(smtp_monitors.post_list)),
    web.get("/login", page(log_in.get_log_in)),
    web.post("/login", page(log_in.post_log_in)),
    web.post("/logout", page(log_in.post_log_out)),
    web.post("/language", page(log_in.post_language)),
    web.get("/static/{version:[^/]*}/{file:[^/]*}", static_files.get_file),
]
# pages judge the visitor by asking the API
PUBLIC = frozenset(route.handler for route in ROUTES)
