"""Who is calling, with the roles it has now."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

import asyncpg
import orjson

from sql.connection import Reach


@dataclass(frozen=True)
class Caller:
    """A user and the session that it calls with. *expires_at* is in seconds since the epoch."""

    session_id: UUID
    expires_at: float
    organization_id: int
    id: int
    email: str
    name: str
    role: str
    global_role: str | None
    reach: Reach
    opened_at: float = 0.0  # as expires_at
    token_name: str | None = None  # of an API token; None for a log-in
    two_factor_required: bool = False  # by its organization
    must_enrol: bool = False  # in a second factor, before it may do anything else

    @cached_property
    def actor(self) -> str:
        """Who is named as the author of a change, as JSON."""
        return orjson.dumps({"userId": self.id, "email": self.email, "tokenName": self.token_name}).decode()

    @cached_property
    def supporter(self) -> bool:
        """Reads every organization and changes nothing."""
        return self.global_role == "supporter"

    @cached_property
    def readonly(self) -> bool:
        """Changes the status of monitors and nothing else."""
        return self.role == "readonly" and self.global_role is None

    @cached_property
    def sees_passwords(self) -> bool:
        return not (self.readonly or self.supporter)

    @cached_property
    def global_admin(self) -> bool:
        """Reaches every organization and may change it; a token for one customer does not."""
        return self.global_role == "admin" and self.reach.organization_id is None

    @cached_property
    def administers(self) -> bool:
        """Changes users, customers and settings of its organization."""
        return self.global_admin or (self.role == "admin" and not self.supporter and self.reach.customer_ids is None)


def to_caller(user: asyncpg.Record, session_id: UUID, expires_at: datetime, opened_at: datetime) -> Caller:
    """The user, called by a log-in."""
    customer_ids = user["customer_ids"]
    reach = Reach(
        None if user["global_role"] else user["organization_id"],
        None if customer_ids is None or user["global_role"] else tuple(sorted(set(customer_ids))),
    )
    return Caller(
        session_id=session_id,
        expires_at=expires_at.timestamp(),
        opened_at=opened_at.timestamp(),
        organization_id=user["organization_id"],
        id=user["id"],
        email=user["email"],
        name=user["name"],
        role=user["role"],
        global_role=user["global_role"],
        reach=reach,
    )


def with_token(caller: Caller, *, name: str | None, customer_id: int | None) -> Caller:
    """The caller with an API token. A token for a customer reaches that customer alone, and administers nothing."""
    reach = caller.reach
    if customer_id is not None:
        allowed = reach.customer_ids is None or customer_id in reach.customer_ids
        reach = Reach(caller.organization_id, (customer_id,) if allowed else ())
    return replace(caller, token_name=name, reach=reach)


def with_second_factor(caller: Caller, *, required: bool, enrolled: bool) -> Caller:
    """The caller as a log-in knows it; an API token was made by somebody who might."""
    must_enrol = required and not enrolled and caller.token_name is None
    return replace(caller, two_factor_required=required, must_enrol=must_enrol)
