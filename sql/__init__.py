"""Everything that knows SQL, one module a table."""

from sql import (
    customers,
    idempotency_keys,
    login_attempts,
    organizations,
    schema,
    sessions,
    smtp_monitor_batches,
    smtp_monitor_changes,
    smtp_monitor_lists,
    smtp_monitors,
    tokens,
    users,
)

__all__ = [
    "customers",
    "idempotency_keys",
    "login_attempts",
    "organizations",
    "schema",
    "sessions",
    "smtp_monitor_batches",
    "smtp_monitor_changes",
    "smtp_monitor_lists",
    "smtp_monitors",
    "tokens",
    "users",
]
