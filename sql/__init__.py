"""Everything that knows SQL, one module a table."""

from sql import (
    alerts,
    customers,
    incidents,
    locations,
    login_attempts,
    organizations,
    partitions,
    schema,
    sessions,
    smtp_check_rollups,
    smtp_checks,
    smtp_monitor_locations,
    smtp_monitors,
    users,
    webhooks,
)

__all__ = [
    "alerts",
    "customers",
    "incidents",
    "locations",
    "login_attempts",
    "organizations",
    "partitions",
    "schema",
    "sessions",
    "smtp_check_rollups",
    "smtp_checks",
    "smtp_monitor_locations",
    "smtp_monitors",
    "users",
    "webhooks",
]
