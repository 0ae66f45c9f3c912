"""Whether a port can be listened on."""

import errno
import socket
import time

from server.cli.environment import ConfigError

PATIENCE_SECONDS = 3  # in which the workers of a master that was killed leave it


def refuse_taken(host: str, port: int, setting: str) -> None:
    """ConfigError if it cannot; *setting* names the port.

    Workers with a socket each share a port: without this, also with those of another server.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_server((host, port), family=family).close()
            return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise ConfigError(f"HOST {host}, {setting} {port}: {error.strerror or error}") from error
            time.sleep(0.2)
