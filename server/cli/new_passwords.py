"""Passwords that a command gives to users."""

import secrets
from pathlib import Path

from server.access import password_rules, passwords
from server.cli.environment import ConfigError
from server.fields.values import Invalid
from server.http.messages import text


def new_password(file: Path | None) -> str:
    """The password in the file, or a new random one."""
    if file is None:
        return secrets.token_urlsafe(18)
    try:
        password = file.read_text().strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"--password-file: {error}") from error
    if not passwords.MIN_LENGTH <= len(password) <= passwords.MAX_LENGTH:
        raise ConfigError(f"--password-file must hold {passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters")
    return password


def judge_password(password: str, *, email: str, name: str) -> None:
    """ConfigError for a password that this account must not have."""
    try:
        password_rules.judge(password, email=email, name=name)
    except Invalid as error:
        raise ConfigError(f"the password in --password-file {text(str(error), 'en', {})}") from error
