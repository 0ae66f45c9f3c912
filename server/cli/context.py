"""What every command works with."""

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from server.checks.networks import Networks
from server.cli.environment import ConfigError, Environment

if TYPE_CHECKING:
    from server.access.key_ring import KeyRing
    from server.serving.config import Config


class Context:
    """The settings and options of one command.

    Each method imports what it alone needs: ``check`` has no database, and a command with DATABASE_URL no
    embedded one.
    """

    def __init__(self, environ: MutableMapping[str, str], options: argparse.Namespace) -> None:
        self.environ = environ
        self.options = options
        self.environment = Environment(environ)
        self.url = self.environment.text("DATABASE_URL")
        if not self.url and self.environment.has("DATABASE_URL"):
            raise ConfigError("DATABASE_URL is empty; without it, a PostgreSQL is started in DATA_DIR")
        # to be called about once a second by whoever needs the database for long
        self.keep_database: Callable[[], None] = lambda: None
        # starts it again if it was killed, and waits until it answers
        self.restart_database: Callable[[], None] = lambda: None
        self.data_dir = Path(self.environment.text("DATA_DIR") or ".data").resolve()

    @contextlib.contextmanager
    def database(self, *, exclusive: bool = False) -> Iterator[str]:
        """The database's URL: the one that is set, or the embedded one. What a database refuses is a ConfigError."""
        from server.cli import database_errors

        with database_errors.worded():
            if self.url:
                self._judge_url(self.url)
                yield self.url
                return
            from server.cli import embedded

            with embedded.cluster(self.data_dir, exclusive=exclusive) as running:
                self.keep_database, self.restart_database = running.keep, running.start
                yield running.url

    @contextlib.contextmanager
    def configured(self) -> Iterator["Config"]:
        """The configuration with the database's URL. It is judged before the database is started."""
        config = self.configuration()
        with self.database() as url:
            yield replace(config, database_url=url)

    def configuration(self, secret: Callable[[str], str] | None = None) -> "Config":
        from server.cli.settings import read_server

        return replace(read_server(self.environment, secret or self.secret, _cores()), probe_allow=self.probe_allow())

    def workers(self) -> int:
        from server.cli.settings import read_workers

        return read_workers(self.environment, _cores())

    def probe_allow(self) -> Networks:
        """What may be probed beside the public internet. With the embedded database, loopback: it is a trial."""
        if self.url:
            self._judge_url(self.url)
        raw = self.environment.text("PROBE_ALLOW", "" if self.url else "127.0.0.0/8, ::1") or ""
        try:
            return Networks.parse(raw)
        except ValueError as error:
            raise ConfigError(f"PROBE_ALLOW must be networks with commas between them: {error}") from error

    def secret(self, name: str, *, make: bool = False) -> str:
        """The secret that is set. For the embedded database, it is made once and kept in DATA_DIR."""
        if self.url:
            return self.environment.required(name)
        from server.cli import embedded

        return self.environment.text(name) or embedded.secret(self.data_dir, name, make=make)

    def key_ring(self) -> "KeyRing":
        from server.cli.settings import read_key_ring

        return read_key_ring(self.secret)

    def made_secret(self, name: str) -> str:
        return self.secret(name, make=True)

    def secret_to_judge(self, name: str) -> str:
        """The secret, or one like that which will be made: settings are judged before anything is."""
        if self.url:
            return self.environment.required(name)
        from server.access.key_ring import generate_key
        from server.cli import embedded

        if embedded.has_secret(self.data_dir, name):
            return self.secret(name)
        return self.environment.text(name) or generate_key()

    def _judge_url(self, url: str) -> None:
        from server.cli import database_url

        database_url.judge(url)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
