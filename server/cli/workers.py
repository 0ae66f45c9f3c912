"""Gunicorn: the master keeps the workers, each of which is one aiohttp application on uvloop."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from gunicorn import glogging
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from server.cli import garbage
from server.cli.environment import ConfigError
from server.serving.config import Config
from server.serving.rate_limit import Table

GRACEFUL_SECONDS = 10
KEEP_ALIVE_SECONDS = 75  # that a connection may be idle


class Server(BaseApplication):
    """Gunicorn's supervision: workers that die are started again, signals stop them gracefully."""

    def __init__(self, config: Config, keep_database: Callable[[], None]) -> None:
        self._config = config
        self._keep_database = keep_database
        self._rates = Table() if config.rate_limit else None  # made before the fork: all workers have it
        super().__init__()

    def run(self) -> None:
        master = os.getpid()
        try:
            Master(self, self._keep_database).run()
        except SystemExit as end:
            if os.getpid() != master:
                # a worker is a fork in the middle of this call: the database around it is not its own to stop
                sys.stdout.flush()
                os._exit(end.code if isinstance(end.code, int) else 1)
            raise

    def load_config(self) -> None:
        host = f"[{self._config.host}]" if ":" in self._config.host else self._config.host
        settings = {
            "bind": f"{host}:{self._config.port}",
            "workers": self._config.workers,
            # each worker has its own socket: of a shared one, the first to wake took 183 of 256 connections
            "reuse_port": sys.platform == "linux",
            "worker_class": "aiohttp.GunicornUVLoopWebWorker",
            "graceful_timeout": GRACEFUL_SECONDS,
            "control_socket_disable": True,
            "logger_class": Logger,
            "post_fork": end_at_once,
            "child_exit": forget_worker,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        async def make_runner() -> object:
            from server.serving.app import create_app
            from server.serving.protocol import ServerRunner

            garbage.look_rarely()
            return ServerRunner(
                create_app(self._config, rates=self._rates),
                access_log=None,
                shutdown_timeout=GRACEFUL_SECONDS,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
            )

        return make_runner


class Master(Arbiter):
    """Keeps the embedded database running, as it keeps the workers."""

    def __init__(self, app: BaseApplication, keep_database: Callable[[], None]) -> None:
        self._keep_database = keep_database
        super().__init__(app)

    def manage_workers(self) -> None:
        """Gunicorn calls this about once a second."""
        try:
            self._keep_database()
        except ConfigError as error:
            raise HaltServer(str(error)) from error
        super().manage_workers()


class Logger(glogging.Logger):
    """Gunicorn's messages, through our handler and format."""

    def setup(self, cfg: object) -> None:
        self.cfg = cfg
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)  # the start and end of a worker is no news


def end_at_once(_server: object, worker: Any) -> None:
    """SIGTERM as SIGQUIT: aiohttp would notice it within a second only."""
    worker.handle_exit = worker.handle_quit


def forget_worker(_server: object, worker: object) -> None:
    """Remove the gauges of a dead worker. Its counts stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[attr-defined, no-untyped-call]
