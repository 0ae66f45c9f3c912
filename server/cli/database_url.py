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


def judge(url: str) -> None:
    """ConfigError for what cannot be connected to, wherever it leads."""
    try:
        if not url.startswith(("postgresql://", "postgres://")):
            raise ConfigError("DATABASE_URL must begin with postgresql://")
        parts = {name: str(value) for name, value in conninfo.conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError as error:
        raise ConfigError(f"DATABASE_URL is not a PostgreSQL URL: {' '.join(str(error).split())}") from error
    if unknown := sorted(parts.keys() - PARTS):
        raise ConfigError(f"DATABASE_URL has {', '.join(unknown)}, which is not supported; leave it out")
    for name, accepted in CHOICES.items():
        if parts.get(name, accepted[0]) not in accepted:
            raise ConfigError(f"DATABASE_URL has {name}={parts[name]}; it must be one of {', '.join(accepted)}")
    for name in FILES:
        if name in parts and not Path(parts[name]).is_file():
            raise ConfigError(f"DATABASE_URL has {name}={parts[name]}, which is no file")
    _judge_ports(parts.get("host", "").split(","), parts.get("port", "").split(","))


def _judge_ports(hosts: list[str], ports: list[str]) -> None:
    if not all(port == "" or (port.isascii() and port.isdigit() and 0 < int(port) < 65536) for port in ports):
        raise ConfigError("DATABASE_URL has a port that is no number from 1 to 65535")
    if len(ports) not in (1, len(hosts)):
        raise ConfigError(f"DATABASE_URL has {len(ports)} ports for {len(hosts)} hosts")
