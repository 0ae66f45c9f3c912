"""Who is calling, with the roles it has now."""

from dataclasses import dataclass
from uuid import UUID

from sql.connection import Reach


@dataclass(frozen=True, slots=True)
class Caller:
    """A user and the session it calls with. *expires_at* is in seconds since the epoch."""

    session_id: UUID
    expires_at: float
    organization_id: int
    id: int
    email: str
    name: str
    role: str
    global_role: str | None
    reach: Reach
    token_name: str | None = None  # of an API token; None for a log-in

    @property
    def global_admin(self) -> bool:
        """Reaches every organization and may change it; a token for one customer does not."""
        return self.global_role == "admin" and self.reach.organization_id is None

    @property
    def administers(self) -> bool:
        """Whether users, customers and settings are its to change."""
        return self.global_admin or (self.role == "admin" and not self.supporter and self.reach.customer_ids is None)

    @property
    def supporter(self) -> bool:
        return self.global_role == "supporter"

    @property
    def readonly(self) -> bool:
        return self.role == "readonly" and self.global_role is None

    @property
    def sees_passwords(self) -> bool:
        return not (self.readonly or self.supporter)
