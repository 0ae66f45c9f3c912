"""The settings, read once, checked at once, passed on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.checks.networks import Networks
from server.secrets import KeyRing

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MIN_SECRET_BYTES = 32


class ConfigError(Exception):
    """A setting is wrong or missing; the message names it."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the running server is told; secrets never show in a repr."""

    database_url: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    key_ring: KeyRing = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    session_hours: int = 12
    group_commit_rows: int = 256
    log_level: str = "INFO"
    probe_allow: Networks = field(default_factory=Networks)


class Environment:
    """Environment variables; a secret may also be given as the file that ``NAME_FILE`` names."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str | None = None) -> str | None:
        path = self._variables.get(f"{name}_FILE")
        if path is None:
            return self._variables.get(name) or default
        if name in self._variables:
            raise ConfigError(f"{name} and {name}_FILE are both set; set one of them")
        try:
            return Path(path).read_text().strip()
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"{name}_FILE cannot be read: {error}") from error

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise ConfigError(f"{name} must be set")
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default)) or ""
        if not (raw.isascii() and raw.isdigit() and len(raw) < 10 and low <= int(raw) <= high):
            raise ConfigError(f"{name} must be an integer from {low} to {high}, not {raw[:40]!r}")
        return int(raw)

    def choice(self, name: str, default: str, accepted: tuple[str, ...]) -> str:
        raw = (self.text(name, default) or "").upper()
        if raw not in accepted:
            raise ConfigError(f"{name} must be one of {', '.join(accepted)}, not {raw!r}")
        return raw


def read(environment: Environment, secret: Callable[[str], str], cores: int) -> Config:
    """All but the database's URL; *secret* gives JWT_SECRET and SECRETS_KEY."""
    jwt_secret = secret("JWT_SECRET")
    if len(jwt_secret.encode()) < MIN_SECRET_BYTES:
        raise ConfigError(f"JWT_SECRET must have at least {MIN_SECRET_BYTES} bytes")
    try:
        key_ring = KeyRing.parse(secret("SECRETS_KEY"))
    except ValueError as error:
        raise ConfigError(f"SECRETS_KEY {error}; make one with: run.py secrets generate") from error
    return Config(
        database_url="",
        jwt_secret=jwt_secret,
        key_ring=key_ring,
        host=environment.text("HOST", "127.0.0.1") or "",
        port=environment.integer("PORT", 8080, 1, 65535),
        workers=environment.integer("WORKERS", cores, 1, 256),
        session_hours=environment.integer("SESSION_HOURS", 12, 1, 8760),
        group_commit_rows=environment.integer("GROUP_COMMIT_ROWS", 256, 1, 4096),
        log_level=environment.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
    )


def probe_allow(environment: Environment, *, default: str) -> Networks:
    """The networks that may be probed beside the public internet."""
    raw = environment.text("PROBE_ALLOW", default) or ""
    try:
        return Networks.parse(raw)
    except ValueError as error:
        raise ConfigError(f"PROBE_ALLOW must be networks with commas between them: {error}") from error
