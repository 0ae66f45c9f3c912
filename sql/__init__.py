"""Everything that knows SQL, one module a table."""

from sql import customers, login_attempts, organizations, schema, sessions, smtp_monitors, users

__all__ = ["customers", "login_attempts", "organizations", "schema", "sessions", "smtp_monitors", "users"]
