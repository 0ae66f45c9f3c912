"""The product with its demo data and its agent, for windows to look at and for tests to ask through the API."""

import json
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from server.cli.cluster import Cluster
from tests.product.process import RUN, Product

LINE = re.compile(r"^demo user (\S+) has the password (\S+)$", re.MULTILINE)

# an agent, which may check servers on loopback, and purges nothing
SETTINGS = {"AGENT": "on", "PROBE_ALLOW": "127.0.0.0/8,::1/128", "RETENTION_DAYS": "400"}


@dataclass
class Console:
    product: Product
    passwords: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.product.port}"

    @property
    def database_url(self) -> str:
        return Cluster(self.product.data_dir / "postgres", alone=False).url

    def token(self, email: str) -> str:
        """One session of the user for all that the test asks for."""
        if email not in self.tokens:
            body = {"email": email, "password": self.passwords[email]}
            status, answer = self.product.ask("POST", "/api/sessions", body=body)
            assert status == 201, answer
            self.tokens[email] = json.loads(answer)["token"]
        return self.tokens[email]

    def api(self, method: str, path: str, body: object = None, *, who: str = "admin@example.com") -> Any:
        """The JSON of an answer that is no error."""
        status, answer = self.product.ask(method, path, self.token(who), body)
        assert status < 400, answer
        return json.loads(answer) if answer else None

    def add_user(self, email: str, role: str = "user") -> None:
        """A user of organization 1, whom no other test knows."""
        self.passwords[email] = secrets.token_urlsafe()
        body = {"email": email, "name": email, "role": role, "password": self.passwords[email]}
        self.api("POST", "/api/users", {**body, **self._fresh()})

    def give_password(self, email: str) -> None:
        """As an administrator does for a user: all sessions of the user end."""
        [user] = [one for one in self.api("GET", "/api/users")["items"] if one["email"] == email]
        self.passwords[email] = secrets.token_urlsafe()
        self.api("PATCH", f"/api/users/{user['id']}", {"password": self.passwords[email], **self._fresh()})

    def _fresh(self) -> dict[str, str]:
        return {"currentPassword": self.passwords["admin@example.com"]}


def start(product: Product) -> Console:
    """Serve the demo data, loaded for the first time."""
    return Console(product, dict(LINE.findall(product.start(**SETTINGS))))


@contextmanager
def mail_server(port: int) -> Iterator[None]:
    """The demo's own, as long as the block runs."""
    command = [sys.executable, str(RUN), "demo-smtp", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert "SMTP on" in server.stdout.readline()
            yield
        finally:
            server.terminate()
