"""Every route, and which of them need no caller."""

from aiohttp import web

from server import metrics
from server.handlers import operations, sessions, smtp_checks, smtp_monitors

# [^/]* rather than a UUID: a wrong id is a 400 that says what it should be
MONITOR = "/api/smtp-monitors/{smtpMonitorPublicId:[^/]*}"

# aiohttp tries those below one prefix in this order, so what is asked for most comes first
ROUTES = [
    web.post("/api/sessions", sessions.post_session),
    web.get("/api/session", sessions.get_session),
    web.delete("/api/session", sessions.delete_session),
    web.get(MONITOR, smtp_monitors.get_monitor),
    web.patch(MONITOR, smtp_monitors.patch_monitor),
    web.delete(MONITOR, smtp_monitors.delete_monitor),
    web.get("/api/smtp-monitors", smtp_monitors.list_monitors),
    web.post("/api/smtp-monitors", smtp_monitors.post_monitor),
    web.post("/api/smtp-monitors/test", smtp_checks.post_check),
    web.get("/healthz", operations.get_health),
    web.get("/readyz", operations.get_readiness),
    web.get("/metrics", metrics.exposition),
]

PUBLIC = frozenset({sessions.post_session, operations.get_health, operations.get_readiness, metrics.exposition})
