"""Environment variables, and what is wrong with one of them."""

from collections.abc import Mapping
from pathlib import Path


class ConfigError(Exception):
    """A setting is wrong or missing. The message names it."""


class Environment:
    """Environment variables. ``NAME_FILE`` may name a file that holds the value."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str | None = None) -> str | None:
        path = self._variables.get(f"{name}_FILE")
        if path is None:
            return self._variables.get(name) or default
        if name in self._variables:
            raise ConfigError(f"{name} and {name}_FILE are both set; set one of them")
        try:
            value = Path(path).read_text().strip()
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"{name}_FILE cannot be read: {error}") from error
        if not value:
            raise ConfigError(f"{name}_FILE names a file that is empty: {path}")
        return value

    def has(self, name: str) -> bool:
        """Whether it is set, if only to nothing."""
        return name in self._variables

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

    def list(self, name: str) -> list[str]:
        """The parts between commas."""
        return [part.strip() for part in (self.text(name) or "").split(",") if part.strip()]

    def choice(self, name: str, default: str, accepted: tuple[str, ...]) -> str:
        raw = (self.text(name, default) or "").upper()
        if raw not in accepted:
            raise ConfigError(f"{name} must be one of {', '.join(accepted)}, not {raw!r}")
        return raw
