"""The demo: loaded once into an empty embedded database, and what to paste next."""

import secrets

import sql
import sql.demo
from server.access import passwords
from server.cli import demo_smtp
from server.cli.database import connected
from server.cli.token import issue
from server.serving.config import Config

ADMIN, ORGANIZATION = "admin@example.com", 1


async def load_once(config: Config) -> None:
    """Load it and show the passwords made, unless there is data already.

    They are shown before the commit: whoever is interrupted has no users without passwords.
    """
    async with connected(config.database_url) as connection:
        if await sql.organizations.select_any(connection):
            return
        made = {email: secrets.token_urlsafe(12) for email in sql.demo.USERS}
        hashes = {email: passwords.hash_password(password) for email, password in made.items()}
        async with connection.transaction():
            await sql.demo.insert(connection, hashes, config.key_ring.encrypt("password", sql.demo.MONITOR.bytes))
            await sql.demo.insert_watched(connection, port=demo_smtp.PORT)
            lines = [f"demo user {email} has the password {password}" for email, password in made.items()]
            print("\n".join(lines), flush=True)


async def introduce(config: Config) -> str:
    """The cURL of the reference page, with a real token; nothing if the demo's administrator is gone."""
    async with connected(config.database_url) as connection:
        if await sql.users.select_login(connection, ADMIN, ORGANIZATION) is None:
            return ""
    token = await issue(config, ADMIN, organization=ORGANIZATION)
    return f"""
Paste this:

TOKEN={token}
curl -X PATCH "http://{config.host}:{config.port}/api/smtp-monitors/{sql.demo.MONITOR}" \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{{
"status": "disabled"
}}'
"""
