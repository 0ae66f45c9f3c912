"""What an organization has after 90 days: customers, monitors in every state, outages, and their history in sums.

The engine's own statements sum the history up, so that nothing here has to know how.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import asyncpg

import sql
from tests.console.running import Console
from tests.console.showcase_rows import DAYS, MONITOR, MONITOR_HOST, STATEMENTS, TABLES, WARNING, WINDOW

# customer, its domain, and its monitors: what comes before the domain, a port, milliseconds that an answer takes
CUSTOMERS = [
    ("Hanse Logistik", "hanse-logistik.example", [("mx1", 25, 180), ("mx2", 25, 210), ("submission", 587, 240)]),
    ("Klinikum Süd", "klinikum-sued.example", [("mx", 25, 95), ("relay", 465, 130), ("befunde", 587, 160)]),
    ("Stadtwerke Auental", "auental.example", [("smtp", 587, 320), ("rechnungen", 25, 410), ("stoerung", 25, 120)]),
    ("Möbelhaus Ahorn", "ahorn-moebel.example", [("mail", 25, 260), ("shop", 587, 280)]),
    ("Kanzlei Brandt & Öztürk", "brandt-oeztuerk.example", [("smtp", 465, 150), ("archiv", 25, 190)]),
    ("Nordlicht Hotels", "nordlicht.example", [("mx1", 25, 220), ("mx2", 25, 225), ("buchung", 587, 300)]),
    ("Verlag Kiesel", "kiesel.example", [("newsletter", 587, 520), ("redaktion", 25, 170)]),
]
# host, how long ago it began and ended (None: it has not), phase, code, what the server said
OUTAGES = [
    (MONITOR_HOST, timedelta(minutes=23), None, "connect", "timeout", ""),
    ("befunde.klinikum-sued.example", timedelta(hours=2), None, "auth", "auth_rejected", "535 5.7.8 Bad credentials"),
    ("newsletter.kiesel.example", timedelta(minutes=4), None, "connect", "connect_refused", ""),
    (MONITOR_HOST, timedelta(days=9), timedelta(days=8, hours=19), "connect", "connect_refused", ""),
    (MONITOR_HOST, timedelta(days=41), timedelta(days=40, hours=12), "dns", "dns_failed", ""),
    (MONITOR_HOST, timedelta(hours=20), timedelta(hours=18), "greeting", "greeting_temporary", "421"),
    ("rechnungen.auental.example", timedelta(days=3), timedelta(days=2), "starttls", "tls_certificate_expired", ""),
]
WARNED, PAUSED, SILENT = "relay.klinikum-sued.example", "archiv.brandt-oeztuerk.example", "mx2.nordlicht.example"


# who changes what of the monitor
CHANGES: list[tuple[str, dict[str, object]]] = [
    ("admin@example.com", {"timeoutSeconds": 15, "notificationEmail": "nacht@example.com"}),
    ("user@example.com", {"name": "Hanse Logistik: mx1 (Hamburg)"}),
    ("user@example.com", {"smtpConfig": {"secure": False, "requireTls": True}}),
]
SLUG = "hanse-logistik"


def load(console: Console) -> None:
    """Into organization 1 of the demo data; whatever loop this thread runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _load(console.database_url)).result()
    for who, changes in CHANGES:
        console.api("PATCH", f"/api/smtp-monitors/{MONITOR}", changes, who=who)
    shown = console.api("GET", "/api/smtp-monitors?search=hanse&sort=name")["items"]
    page = console.api(
        "POST",
        "/api/status-pages",
        {
            "slug": SLUG,
            "title": "Mail der Hanse Logistik",
            "description": "Wie es unseren Mailservern geht.",
            "visibility": "public",
            "showResponseTimes": True,
            "monitors": [{"smtpMonitorId": one["publicId"], "name": one["name"].partition(": ")[2]} for one in shown],
        },
    )
    console.api(
        "POST",
        f"/api/status-pages/{page['id']}/messages",
        {
            "kind": "incident",
            "title": "Annahme von E-Mails gestört",
            "body": "Wir suchen die Ursache.",
        },
    )


async def _load(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        today = datetime.now(UTC).date()
        await sql.partitions.ensure(connection, {today - timedelta(days=n) for n in range(DAYS + 1)})
        async with connection.transaction():
            await _insert(connection)
            await connection.execute("UPDATE smtp_check_rollups SET rolled_up_to = $1", _ago(days=DAYS))
            await sql.smtp_check_rollups.roll_up(connection)
    finally:
        await connection.close()


async def _insert(connection: asyncpg.Connection) -> None:
    await connection.execute(TABLES)
    for name, domain, monitors in CUSTOMERS:
        customer = await sql.customers.insert(connection, 1, name)
        rows = [(f"{name}: {host}", f"{host}.{domain}", port, customer["id"], ms) for host, port, ms in monitors]
        await connection.executemany("INSERT INTO showcase VALUES ($1, $2, $3, $4, $5)", rows)
    for host, begun, ended, *what in OUTAGES:
        times = [None if ago is None else datetime.now(UTC) - ago for ago in (begun, ended)]
        await connection.execute("INSERT INTO outages VALUES ($1, $2, $3, $4, $5, $6)", host, *times, *what)
    for statement in STATEMENTS:
        await connection.execute(statement)
    await connection.execute("UPDATE smtp_monitors SET status = 'disabled' WHERE hostname = $1", PAUSED)
    await connection.execute(WARNING, WARNED)
    await connection.execute(WINDOW, SILENT)


def _ago(**time: float) -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(**time)
