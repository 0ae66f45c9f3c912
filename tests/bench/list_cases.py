"""What the benchmark of lists asks, of which monitors."""

from dataclasses import dataclass

SMALL, LARGE = 10_000, 1_000_000
CHANGED = 10_000  # monitors that are not indexed yet when the last cases are asked
SETUP = f"""
    INSERT INTO organizations (id, name, max_smtp_monitors) VALUES (1, 'Small', {SMALL}), (2, 'Large', {LARGE});
    INSERT INTO customers (organization_id, id, name)
    SELECT 1, n, 'Customer ' || n FROM generate_series(1, 10) n;
    INSERT INTO customers (organization_id, id, name)
    SELECT 2, n, 'Customer ' || n FROM generate_series(1000, 2000) n;
"""
# half of the large organization's monitors are of customer 1000, the others of 1,000 more
FILL = """
    INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, port, status, smtp_config)
    SELECT $1::bigint, CASE WHEN $1::bigint = 1 THEN 1 + n % 10 WHEN n % 2 = 0 THEN 1000 ELSE 1001 + n / 2 % 1000 END,
           'Monitor ' || n, 'mail' || n || '.example.com', 587,
           CASE WHEN n / 2 % 10 = 0 THEN 'disabled' WHEN n / 2 % 1000 = 1 THEN 'maintenance' ELSE 'active' END,
           '{"secure":false,"requireTls":true}'
      FROM generate_series(1, $2::bigint) AS n
"""
# what an engine has written: of 1,000,000 there are 4,000 down, 4,000 with warnings and 2,000 unknown
STATES = """
    INSERT INTO smtp_monitor_states (organization_id, smtp_monitor_id, last_checked_at, state, state_since)
    SELECT organization_id, id, now(),
           CASE id / 7 % 500 WHEN 1 THEN 'down' WHEN 2 THEN 'down' WHEN 3 THEN 'warning' WHEN 4 THEN 'warning'
                             WHEN 5 THEN 'unknown' ELSE 'up' END,
           now() - make_interval(secs => id * 7919 % 1000003)
      FROM smtp_monitors
"""
CHANGE = f"UPDATE smtp_monitors SET name = 'Changed' || id WHERE organization_id = 2 AND id % {LARGE // CHANGED} = 0"
USERS: dict[str, tuple[int, list[int] | None]] = {
    "small": (1, None),
    "large": (2, None),
    "one customer": (2, [1000]),
    "1,000 customers": (2, list(range(1001, 2001))),
}
FIRST = "small, page 1"


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked by whom, and at most how long it takes: *ms*, or so many times another case."""

    who: str
    query: str
    ms: float | None = None
    times: tuple[float, str] | None = None
    path: str = "/api/smtp-monitors"


def _of(who: str) -> dict[str, Case]:
    """The same for a user of one customer and for one of 1,000, who have half a million monitors each."""
    kinds = {
        "page 1": "",
        "page 1,000": "page=1000",
        "last page": "page=10000",
        "after the middle": "after={middle}",
        "status=disabled": "status=disabled",
        "search=mail77": "search=mail77",
        "state=down&sort=state": "state=down&sort=state",
    }
    bars = {kind: (2.0, f"one customer, {kind}") for kind in kinds if who != "one customer" and kind != "page 1,000"}
    return {f"{who}, {kind}": Case(who, query, times=bars.get(kind)) for kind, query in kinds.items()}


CASES: dict[str, Case] = {
    FIRST: Case("small", ""),
    "small, page 200, its last": Case("small", "page=200"),
    "page 1": Case("large", "", times=(5.0, FIRST)),
    "page 1,000": Case("large", "page=1000", times=(5.0, FIRST)),
    "page 10,000 of 20,000": Case("large", "page=10000"),
    "last page": Case("large", "page=20000", ms=10.0),
    "after the middle": Case("large", "after={middle}", ms=10.0),
    "customerId": Case("large", "customerId=1500"),
    "status=active, 899,000": Case("large", "status=active", ms=50.0),
    "status=disabled, 100,000": Case("large", "status=disabled", ms=50.0),
    "status=maintenance, 1,000": Case("large", "status=maintenance", ms=50.0),
    "status=active, last page": Case("large", "status=active&page=17980", ms=10.0),
    "search=mail77, 11,111": Case("large", "search=mail77", ms=50.0),
    "search=mail77, last page": Case("large", "search=mail77&page=222", ms=50.0),
    "search=mail7777&status=active": Case("large", "search=mail7777&status=active", ms=50.0),
    "search=customer 15, 55,000": Case("large", "search=customer%2015", ms=50.0),
    "search=example.com, all": Case("large", "search=example.com"),
    "search=example.com, after": Case("large", "search=example.com&after={middle}", ms=50.0),
    "state=down": Case("large", "state=down", ms=10.0),
    "state=down&sort=state": Case("large", "state=down&sort=state", ms=10.0),
    "state=down&sort=-stateSince": Case("large", "state=down&sort=-stateSince", ms=10.0),
    "state=down,warning&sort=name": Case("large", "state=down,warning&sort=name", ms=50.0),
    "sort=state": Case("large", "sort=state", ms=10.0),
    "sort=stateSince": Case("large", "sort=stateSince", ms=10.0),
    "sort=name, page 100": Case("large", "sort=name&page=100", ms=50.0),
    "search=mail7777&sort=state": Case("large", "search=mail7777&sort=state", ms=50.0),
    "summary, 1,001 customers": Case("large", "", ms=50.0, path="/api/summary"),
    "one customer, summary": Case("one customer", "", ms=10.0, path="/api/summary"),
    **_of("one customer"),
    **_of("1,000 customers"),
}
# the same while so many changes are not indexed yet
LATER: dict[str, Case] = {
    f"{CHANGED:,} changed: {name}": Case("large", query)
    for name, query in {
        "status=active": "status=active",
        "search=mail77": "search=mail77",
        "state=down": "state=down&sort=state",
    }.items()
}
LATER[f"{CHANGED:,} changed: summary"] = Case("large", "", path="/api/summary")
