"""Every endpoint beside the single monitor's own, and what it answers each role: a table for test_roles."""

from tests.conftest import ABSENT, MONITOR, OTHER_CUSTOMERS, PASSWORD, STRANGERS

MANY = "/api/smtp-monitors"
ROLES = ["admin", "user", "readonly", "restricted", "restricted-readonly", "supporter", "globaladmin", "stranger", None]
PASSWORD_TRIAL = {"currentPassword": "wrong", "password": "long enough a password"}
FACTOR, REMOVAL = "/api/session/two-factor", {"currentPassword": PASSWORD, "code": "0"}
NEW_USER = {"name": "New", "role": "user"}
PAGES = "/api/status-pages"
PAGE, NOTE = {"title": "New", "slug": "abc"}, {"kind": "info", "title": "New", "body": "New"}
SHOWN, THEIRS = ([{"smtpMonitorId": one, "name": "New"}] for one in (OTHER_CUSTOMERS, STRANGERS))
# method, path, body, and the status for each of ROLES. What stands in braces is made for each caller anew.
ENDPOINTS: list[tuple[str, str, object, str]] = [
    ("GET", "/api/session", None, "200 200 200 200 200 200 200 200 401"),
    ("PATCH", "/api/session", PASSWORD_TRIAL, "400 400 400 400 400 400 400 400 401"),
    ("GET", f"{FACTOR}", None, "200 200 200 200 200 200 200 200 401"),
    ("POST", f"{FACTOR}", {}, "201 201 201 201 201 201 201 201 401"),
    ("POST", f"{FACTOR}/confirmation", {"code": "0"}, "409 409 409 409 409 409 409 409 401"),
    ("POST", f"{FACTOR}/removal", REMOVAL, "409 409 409 409 409 409 409 409 401"),
    ("DELETE", "/api/users/{user of 1}/two-factor", None, "204 403 403 403 403 403 204 404 401"),
    ("DELETE", "/api/users/{user of 2}/two-factor", None, "404 403 403 403 403 403 204 204 401"),
    ("DELETE", "/api/users/{supporter}/two-factor", None, "403 403 403 403 403 403 204 404 401"),
    ("GET", f"{MANY}/response-times?ids={MONITOR},{STRANGERS}", None, "200 200 200 200 200 200 200 200 401"),
    ("GET", f"{MANY}/response-times?ids=1", None, "400 400 400 400 400 400 400 400 401"),
    ("GET", "/api/summary", None, "200 200 200 200 200 200 200 200 401"),
    ("GET", "/api/summary?organizationId=2&customerId=20", None, "200 200 200 200 200 200 200 200 401"),
    ("GET", "/api/incidents", None, "200 200 200 200 200 200 200 200 401"),
    ("GET", f"/api/incidents?smtpMonitorId={STRANGERS}", None, "200 200 200 200 200 200 200 200 401"),
    ("GET", "/api/incidents/999", None, "404 404 404 404 404 404 404 404 401"),
    ("GET", "/api/incidents/{incident of 1}", None, "200 200 200 200 200 200 200 404 401"),
    ("GET", "/api/incidents/{incident of 2}", None, "404 404 404 404 404 200 200 200 401"),
    ("POST", "/api/incidents/999/acknowledge", {}, "404 404 403 404 403 403 404 404 401"),
    ("POST", "/api/incidents/{incident of 1}/acknowledge", {}, "200 200 403 200 403 403 200 404 401"),
    ("POST", "/api/incidents/{incident of 2}/acknowledge", {}, "404 404 403 404 403 403 200 200 401"),
    ("GET", f"{MANY}/export", None, "200 200 200 200 200 200 200 200 401"),
    ("GET", f"{MANY}/export?format=xml", None, "400 400 400 400 400 400 400 400 401"),
    ("GET", "/api/customers", None, "200 200 200 200 200 200 200 200 401"),
    ("POST", "/api/customers", {"name": "New"}, "201 403 403 403 403 403 201 201 401"),
    ("POST", "/api/customers", {"name": "New", "organizationId": 1}, "201 403 403 403 403 403 201 400 401"),
    ("POST", "/api/customers", {"name": "New", "organizationId": 2}, "400 403 403 403 403 403 201 201 401"),
    ("POST", "/api/customers", {"name": "New", "organizationId": 9}, "400 403 403 403 403 403 400 400 401"),
    ("GET", "/api/customers/10", None, "200 200 200 200 200 200 200 404 401"),
    ("GET", "/api/customers/11", None, "200 200 200 404 404 200 200 404 401"),
    ("GET", "/api/customers/20", None, "404 404 404 404 404 200 200 200 401"),
    ("GET", "/api/customers/999", None, "404 404 404 404 404 404 404 404 401"),
    ("PATCH", "/api/customers/10", {"name": "New"}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/customers/20", {"name": "New"}, "404 403 403 403 403 403 200 200 401"),
    ("PATCH", "/api/customers/999", {"name": "New"}, "404 403 403 403 403 403 404 404 401"),
    ("DELETE", "/api/customers/10", None, "409 403 403 403 403 403 409 404 401"),
    ("DELETE", "/api/customers/999", None, "404 403 403 403 403 403 404 404 401"),
    ("DELETE", "/api/customers/{customer of 1}", None, "204 403 403 403 403 403 204 404 401"),
    ("DELETE", "/api/customers/{customer of 2}", None, "404 403 403 403 403 403 204 204 401"),
    ("GET", "/api/users", None, "200 403 403 403 403 403 200 200 401"),
    ("POST", "/api/users", NEW_USER, "201 403 403 403 403 403 201 201 401"),
    ("POST", "/api/users", {**NEW_USER, "organizationId": 2}, "400 403 403 403 403 403 201 201 401"),
    ("POST", "/api/users", {**NEW_USER, "customerIds": [10]}, "201 403 403 403 403 403 201 400 401"),
    ("POST", "/api/users", {**NEW_USER, "customerIds": [20]}, "400 403 403 403 403 403 400 201 401"),
    ("POST", "/api/users", {**NEW_USER, "globalRole": "admin"}, "403 403 403 403 403 403 201 403 401"),
    ("GET", "/api/users/{user of 1}", None, "200 403 403 403 403 403 200 404 401"),
    ("GET", "/api/users/{user of 2}", None, "404 403 403 403 403 403 200 200 401"),
    ("GET", "/api/users/999999", None, "404 403 403 403 403 403 404 404 401"),
    ("PATCH", "/api/users/{user of 1}", {"role": "admin"}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{user of 2}", {"role": "admin"}, "404 403 403 403 403 403 200 200 401"),
    ("PATCH", "/api/users/999999", {"role": "admin"}, "404 403 403 403 403 403 404 404 401"),
    ("PATCH", "/api/users/{user of 1}", {"customerIds": [11]}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{user of 1}", {"customerIds": [20]}, "400 403 403 403 403 403 400 404 401"),
    ("PATCH", "/api/users/{user of 1}", {"globalRole": "admin"}, "403 403 403 403 403 403 200 403 401"),
    ("PATCH", "/api/users/{user of 1}", {"globalRole": None}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{supporter}", {"password": PASSWORD}, "403 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{supporter}", {"active": False}, "403 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{stranger}", {"active": False}, "404 403 403 403 403 403 409 409 401"),
    ("PATCH", "/api/users/{self}", {"password": PASSWORD}, "403 403 403 403 403 403 403 403 401"),
    ("DELETE", "/api/users/{user of 1}", None, "204 403 403 403 403 403 204 404 401"),
    ("DELETE", "/api/users/{user of 2}", None, "404 403 403 403 403 403 204 204 401"),
    ("DELETE", "/api/users/{supporter}", None, "403 403 403 403 403 403 204 404 401"),
    ("DELETE", "/api/users/{stranger}", None, "404 403 403 403 403 403 409 409 401"),
    ("DELETE", "/api/users/999999", None, "404 403 403 403 403 403 404 404 401"),
    ("GET", "/api/tokens", None, "200 200 200 200 200 403 200 200 401"),
    ("POST", "/api/tokens", {"name": "New"}, "201 201 201 201 201 403 201 201 401"),
    ("POST", "/api/tokens", {"name": "New", "customerId": 10}, "201 201 201 201 201 403 201 400 401"),
    ("POST", "/api/tokens", {"name": "New", "customerId": 11}, "201 201 201 400 400 403 201 400 401"),
    ("POST", "/api/tokens", {"name": "New", "customerId": 20}, "400 400 400 400 400 403 400 201 401"),
    ("DELETE", "/api/tokens/{token of self}", None, "204 204 204 204 204 403 204 204 401"),
    ("DELETE", "/api/tokens/{token of admin}", None, "204 404 404 404 404 403 204 404 401"),
    ("DELETE", "/api/tokens/{token of supporter}", None, "403 404 404 404 404 403 204 404 401"),
    ("DELETE", "/api/tokens/{token of globaladmin}", None, "403 404 404 404 404 403 204 404 401"),
    ("DELETE", f"/api/tokens/{ABSENT}", None, "404 404 404 404 404 403 404 404 401"),
    ("GET", "/api/audit", None, "200 403 403 403 403 200 200 200 401"),
    ("GET", "/api/organization", None, "200 200 200 200 200 200 200 200 401"),
    ("PATCH", "/api/organization", {"failureConfirmations": 3}, "200 403 403 403 403 403 200 200 401"),
    ("GET", "/api/organizations", None, "200 200 200 200 200 200 200 200 401"),
    ("POST", "/api/organizations", {"name": "New"}, "403 403 403 403 403 403 201 403 401"),
    ("GET", "/api/organizations/1", None, "200 200 200 200 200 200 200 404 401"),
    ("GET", "/api/organizations/2", None, "404 404 404 404 404 200 200 200 401"),
    ("GET", "/api/organizations/999", None, "404 404 404 404 404 404 404 404 401"),
    ("PATCH", "/api/organizations/1", {"locationSharePercent": 1}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/organizations/2", {"locationSharePercent": 1}, "404 403 403 403 403 403 200 200 401"),
    ("PATCH", "/api/organizations/999", {"locationSharePercent": 1}, "404 403 403 403 403 403 404 404 401"),
    ("DELETE", "/api/organizations/1", None, "403 403 403 403 403 403 409 403 401"),
    ("DELETE", "/api/organizations/999", None, "403 403 403 403 403 403 404 403 401"),
    ("PATCH", MANY, {"ids": [MONITOR], "changes": {"status": "active"}}, "200 200 200 200 200 403 200 404 401"),
    ("PATCH", MANY, {"ids": [MONITOR], "changes": {"port": 25}}, "200 200 403 200 403 403 200 404 401"),
    ("PATCH", MANY, {"ids": [MONITOR, OTHER_CUSTOMERS], "changes": {}}, "200 200 200 404 404 403 200 404 401"),
    ("PATCH", MANY, {"ids": [MONITOR, STRANGERS], "changes": {}}, "404 404 404 404 404 403 200 404 401"),
    ("PATCH", MANY, {"ids": [STRANGERS], "changes": {}}, "404 404 404 404 404 403 200 200 401"),
    ("PATCH", MANY, {"ids": [ABSENT], "changes": {}}, "404 404 404 404 404 403 404 404 401"),
]

READERS = {
    MONITOR: "200 200 200 200 200 200 200 404 401",
    OTHER_CUSTOMERS: "200 200 200 404 404 200 200 404 401",
    STRANGERS: "404 404 404 404 404 200 200 200 401",
    ABSENT: "404 404 404 404 404 404 404 404 401",
}
# no location is active
TRIGGERERS = {
    MONITOR: "503 503 403 503 403 403 503 404 401",
    OTHER_CUSTOMERS: "503 503 403 404 403 403 503 404 401",
    STRANGERS: "404 404 403 404 403 403 503 503 401",
    ABSENT: "404 404 403 404 403 403 404 404 401",
}
ENDPOINTS += [
    ("GET", f"{MANY}/{monitor}/{what}", None, statuses)
    for what in ("changes", "check-history", "incident-history", "alert-history", "details")
    for monitor, statuses in READERS.items()
]
ENDPOINTS += [("POST", f"{MANY}/{monitor}/trigger-check", None, statuses) for monitor, statuses in TRIGGERERS.items()]
ENDPOINTS += [
    ("POST", f"{MANY}/{MONITOR}/changes/9/revert", None, "404 404 404 404 404 403 404 404 401"),
    ("POST", f"{MANY}/test", {}, "400 400 403 400 403 403 400 400 401"),
    ("GET", "/api/locations", None, "200 200 200 200 200 200 200 200 401"),
    ("POST", "/api/locations", {}, "403 403 403 403 403 403 400 403 401"),
    ("PATCH", "/api/locations/de-xyz", {}, "403 403 403 403 403 403 404 403 401"),
    ("GET", "/api/maintenance-windows", None, "200 200 200 200 200 200 200 200 401"),
    ("POST", "/api/maintenance-windows", {}, "400 400 403 400 403 403 400 400 401"),
    ("GET", "/api/maintenance-windows/999", None, "404 404 404 404 404 404 404 404 401"),
    ("PATCH", "/api/maintenance-windows/999", {}, "404 404 403 404 403 403 404 404 401"),
    ("DELETE", "/api/maintenance-windows/999", None, "404 404 403 404 403 403 404 404 401"),
    ("GET", PAGES, None, "200 200 200 200 200 200 200 200 401"),
    ("POST", PAGES, PAGE, "201 201 403 400 403 403 201 201 401"),
    ("POST", PAGES, {**PAGE, "customerId": 10}, "201 201 403 201 403 403 201 400 401"),
    ("POST", PAGES, {**PAGE, "customerId": 11}, "201 201 403 400 403 403 201 400 401"),
    ("POST", PAGES, {**PAGE, "customerId": 20}, "400 400 403 400 403 403 201 201 401"),
    ("POST", PAGES, {**PAGE, "organizationId": 2}, "400 400 403 400 403 403 201 201 401"),
    ("POST", PAGES, {**PAGE, "customerId": 10, "monitors": SHOWN}, "400 400 403 400 403 403 400 400 401"),
    ("POST", PAGES, {**PAGE, "monitors": SHOWN}, "201 201 403 400 403 403 201 400 401"),
    ("POST", PAGES, {**PAGE, "monitors": THEIRS}, "400 400 403 400 403 403 400 201 401"),
]
# a page of customer 10, and one of the whole organization
for _page, _reads, _restricted in (
    ("{page of 10}", "200 200 200 200 200 200 200 404 401", 200),
    ("{page of 1}", "200 200 200 404 404 200 200 404 401", 404),
):
    _one, _writes = (
        f"{PAGES}/{_page}",
        f"{{0}} {{0}} 403 {{{'0' if _restricted == 200 else '1'}}} 403 403 {{0}} 404 401",
    )
    ENDPOINTS += [
        ("GET", _one, None, _reads),
        ("GET", f"{_one}/messages", None, _reads),
        ("GET", f"{_one}/messages/{{message}}", None, _reads),
        ("PATCH", _one, {"visibility": "public"}, _writes.format(200, 404)),
        ("POST", f"{_one}/messages", NOTE, _writes.format(201, 404)),
        ("PATCH", f"{_one}/messages/{{message}}", {"title": "A"}, _writes.format(200, 404)),
        ("POST", f"{_one}/messages/{{message}}/updates", {"body": "A"}, _writes.format(201, 404)),
        ("DELETE", f"{_one}/messages/{{message}}", None, _writes.format(204, 404)),
        ("DELETE", _one, None, _writes.format(204, 404)),
    ]
