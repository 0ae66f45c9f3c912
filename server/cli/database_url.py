"""What DATABASE_URL may say: what both drivers understand in the same way."""

from pathlib import Path

import psycopg
from psycopg import conninfo

from server.cli.environment import ConfigError

# asyncpg takes any other for a setting of the server
PARTS = frozenset(
    """
    host port dbname user password passfile service application_name options target_session_attrs krbsrvname gsslib
    sslmode sslcert sslkey sslrootcert sslcrl sslpassword sslnegotiation ssl_min_protocol_version
    ssl_max_protocol_version
    """.split()
)
VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": ("any", "primary", "standby", "read-write", "read-only", "prefer-standby"),
    "ssl_min_protocol_version": VERSIONS,
    "ssl_max_protocol_version": VERSIONS,
}
FILES = ("sslcert", "sslkey", "sslrootcert", "sslcrl", "passfile")


def judge(url: str, name: str = "DATABASE_URL") -> None:
    """ConfigError, with the *name* of the setting, for what cannot be connected to, wherever it leads."""
    try:
        if not url.startswith(("postgresql://", "postgres://")):
            raise ConfigError(f"{name} must begin with postgresql://")
        parts = {part: str(value) for part, value in conninfo.conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError as error:
        raise ConfigError(f"{name} is not a PostgreSQL URL: {' '.join(str(error).split())}") from error
    if unknown := sorted(parts.keys() - PARTS):
        raise ConfigError(f"{name} has {', '.join(unknown)}, which is not supported; leave it out")
    for part, accepted in CHOICES.items():
        if parts.get(part, accepted[0]) not in accepted:
            raise ConfigError(f"{name} has {part}={parts[part]}; it must be one of {', '.join(accepted)}")
    for part in FILES:
        if part in parts and not Path(parts[part]).is_file():
            raise ConfigError(f"{name} has {part}={parts[part]}, which is no file")
    _judge_ports(parts.get("host", "").split(","), parts.get("port", "").split(","), name)


def _judge_ports(hosts: list[str], ports: list[str], name: str) -> None:
    if not all(port == "" or (port.isascii() and port.isdigit() and 0 < int(port) < 65536) for port in ports):
        raise ConfigError(f"{name} has a port that is no number from 1 to 65535")
    if len(ports) not in (1, len(hosts)):
        raise ConfigError(f"{name} has {len(ports)} ports for {len(hosts)} hosts")
