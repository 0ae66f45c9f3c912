"""Every route, and the handlers that need no caller."""

from aiohttp import web

from server.handlers import (
    audit,
    customers,
    docs,
    events,
    incidents,
    locations,
    maintenance_windows,
    operations,
    organizations,
    sessions,
    smtp_checks,
    smtp_monitor_changes,
    smtp_monitor_checks,
    smtp_monitor_exports,
    smtp_monitor_patches,
    smtp_monitors,
    status_page_messages,
    status_pages,
    summaries,
    tokens,
    two_factor,
    users,
)

# [^/]* and not a UUID: a wrong id gets a 400 that says what an id looks like
MONITOR = "/api/smtp-monitors/{smtpMonitorPublicId:[^/]*}"
CUSTOMER = "/api/customers/{customerId:[^/]*}"
ORGANIZATION = "/api/organizations/{organizationId:[^/]*}"
INCIDENT = "/api/incidents/{incidentId:[^/]*}"
WINDOW = "/api/maintenance-windows/{windowId:[^/]*}"
USER = "/api/users/{userId:[^/]*}"
STATUS_PAGE = "/api/status-pages/{statusPageId:[^/]*}"
MESSAGE = f"{STATUS_PAGE}/messages/{{messageId:[^/]*}}"

# aiohttp tries routes with the same prefix in this order: the busiest come first
ROUTES = [
    web.post("/api/sessions", sessions.post_session),
    web.get("/api/session", sessions.get_session),
    web.patch("/api/session", sessions.patch_session),
    web.delete("/api/session", sessions.delete_session),
    web.get("/api/session/two-factor", two_factor.get_two_factor),
    web.post("/api/session/two-factor", two_factor.post_two_factor),
    web.post("/api/session/two-factor/confirmation", two_factor.post_confirmation),
    web.post("/api/session/two-factor/removal", two_factor.post_removal),
    web.get("/api/tokens", tokens.list_tokens),
    web.post("/api/tokens", tokens.post_token),
    web.delete("/api/tokens/{tokenId:[^/]*}", tokens.delete_token),
    web.get("/api/organization", organizations.get_organization),
    web.patch("/api/organization", organizations.patch_organization),
    web.get("/api/organizations", organizations.list_organizations),
    web.post("/api/organizations", organizations.post_organization),
    web.get(ORGANIZATION, organizations.get_organization),
    web.patch(ORGANIZATION, organizations.patch_organization),
    web.delete(ORGANIZATION, organizations.delete_organization),
    web.get("/api/users", users.list_users),
    web.post("/api/users", users.post_user),
    web.get(USER, users.get_user),
    web.patch(USER, users.patch_user),
    web.delete(USER, users.delete_user),
    web.delete(f"{USER}/two-factor", two_factor.delete_of_user),
    web.get("/api/customers", customers.list_customers),
    web.post("/api/customers", customers.post_customer),
    web.get(CUSTOMER, customers.get_customer),
    web.patch(CUSTOMER, customers.patch_customer),
    web.delete(CUSTOMER, customers.delete_customer),
    # before the monitors: their ids are no such words
    web.get("/api/smtp-monitors/export", smtp_monitor_exports.get_export),
    web.get("/api/smtp-monitors/response-times", smtp_monitor_checks.get_response_times),
    web.get(MONITOR, smtp_monitors.get_monitor),
    web.patch(MONITOR, smtp_monitor_patches.patch_monitor),
    web.delete(MONITOR, smtp_monitors.delete_monitor),
    web.get("/api/smtp-monitors", smtp_monitors.list_monitors),
    web.post("/api/smtp-monitors", smtp_monitors.post_monitor),
    web.patch("/api/smtp-monitors", smtp_monitor_patches.patch_monitors),
    web.get(f"{MONITOR}/changes", smtp_monitor_changes.list_changes),
    web.post(f"{MONITOR}/changes/{{changeId:[^/]*}}/revert", smtp_monitor_patches.post_revert),
    web.post("/api/smtp-monitors/test", smtp_checks.post_check),
    web.post(f"{MONITOR}/trigger-check", smtp_monitor_checks.trigger_check),
    web.get(f"{MONITOR}/check-history", smtp_monitor_checks.get_check_history),
    web.get(f"{MONITOR}/incident-history", smtp_monitor_checks.get_incident_history),
    web.get(f"{MONITOR}/alert-history", smtp_monitor_checks.get_alert_history),
    web.get(f"{MONITOR}/details", smtp_monitor_checks.get_details),
    web.get("/api/incidents", incidents.list_incidents),
    web.get(INCIDENT, incidents.get_incident),
    web.post(f"{INCIDENT}/acknowledge", incidents.acknowledge),
    web.get("/api/summary", summaries.get_summary),
    web.get("/api/locations", locations.list_locations),
    web.post("/api/locations", locations.post_location),
    web.patch("/api/locations/{locationCode:[^/]*}", locations.patch_location),
    web.get("/api/maintenance-windows", maintenance_windows.list_windows),
    web.post("/api/maintenance-windows", maintenance_windows.post_window),
    web.get(WINDOW, maintenance_windows.get_window),
    web.patch(WINDOW, maintenance_windows.patch_window),
    web.delete(WINDOW, maintenance_windows.delete_window),
    web.get("/api/status-pages", status_pages.list_pages),
    web.post("/api/status-pages", status_pages.post_page),
    web.get(STATUS_PAGE, status_pages.get_page),
    web.patch(STATUS_PAGE, status_pages.patch_page),
    web.delete(STATUS_PAGE, status_pages.delete_page),
    web.get(f"{STATUS_PAGE}/messages", status_page_messages.list_messages),
    web.post(f"{STATUS_PAGE}/messages", status_page_messages.post_message),
    web.get(MESSAGE, status_page_messages.get_message),
    web.patch(MESSAGE, status_page_messages.patch_message),
    web.delete(MESSAGE, status_page_messages.delete_message),
    web.post(f"{MESSAGE}/updates", status_page_messages.post_update),
    web.get("/api/audit", audit.list_events),
    web.get("/api/events", events.get_events),
    web.get("/api/openapi.json", docs.get_document),
    web.get("/api/docs", docs.get_page),
    web.get("/api/docs/{file:[^/]*}", docs.get_file),
    web.get("/healthz", operations.get_health),
    web.get("/readyz", operations.get_readiness),
    web.get("/metrics", operations.get_metrics),
]

PUBLIC = frozenset(
    {
        sessions.post_session,
        docs.get_document,
        docs.get_page,
        docs.get_file,
        operations.get_health,
        operations.get_readiness,
        operations.get_metrics,
    }
)

# a single monitor has an entity tag; other handlers that change something refuse If-Match
HONOURS_IF_MATCH = frozenset(
    {smtp_monitor_patches.patch_monitor, smtp_monitor_patches.post_revert, smtp_monitors.delete_monitor}
)

# what a caller may do whose organization requires a second factor that it has not got
ENROLMENT = frozenset(
    {
        sessions.get_session,
        sessions.patch_session,
        sessions.delete_session,
        two_factor.get_two_factor,
        two_factor.post_two_factor,
        two_factor.post_confirmation,
    }
)
