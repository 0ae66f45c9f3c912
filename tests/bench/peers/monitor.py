"""What the peers in Python know of a monitor: the body of a PATCH and the answer, as pydantic models."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints
from pydantic.alias_generators import to_camel


class Status(StrEnum):
    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    DISABLED = "disabled"
    PAUSED = "paused"
    INACTIVE = "inactive"


def _normalize(status: Status) -> Status:
    return Status.DISABLED if status in (Status.PAUSED, Status.INACTIVE) else status


def _milliseconds(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Hostname = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9.:-]+$", max_length=253)]
CountryCode = Annotated[str, StringConstraints(to_upper=True, pattern="^[A-Za-z]{2}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)]
PhoneNumber = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{1,14}$")]
Time = Annotated[datetime, PlainSerializer(_milliseconds, return_type=str)]


UNSET: Any = None  # the default of what must not be null when it is sent


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Auth(Model):
    user: Annotated[str, StringConstraints(max_length=320)]
    password: Annotated[str, StringConstraints(max_length=1024)] = Field(alias="pass")


class SmtpConfig(Model):
    secure: bool = False
    ignore_tls: bool = False
    require_tls: bool = False
    auth: Auth | None = None


class MonitorPatch(Model):
    """All fields are optional; those that were sent are in ``model_fields_set``."""

    name: Name = Field(default=UNSET)
    hostname: Hostname = Field(default=UNSET)
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] | None = None
    status: Annotated[Status, AfterValidator(_normalize)] = Field(default=UNSET)
    check_interval: Annotated[int, Field(strict=True, ge=10, le=86400)] = Field(default=UNSET)
    timeout_seconds: Annotated[int, Field(strict=True, ge=1, le=120)] = Field(default=UNSET)
    allowed_check_country_codes: list[CountryCode] | None = None
    notification_email: Email | None = None
    notification_phone_number: PhoneNumber | None = None
    smtp_config: SmtpConfig = Field(default=UNSET, validation_alias=AliasChoices("smtpConfig", "config"))


class Monitor(Model):
    """The answer."""

    model_config = ConfigDict(extra="ignore", validate_by_name=True)

    id: int
    organization_id: int
    customer_id: int
    name: str
    hostname: str
    port: int | None
    status: str
    check_interval: int
    timeout_seconds: int
    notification_email: str | None
    notification_phone_number: str | None
    last_checked_at: Time | None
    created_at: Time
    updated_at: Time
    config: dict[str, Any]
    smtp_config: dict[str, Any]
    public_id: UUID
    allowed_check_country_codes: list[str] | None


def to_columns(patch: MonitorPatch) -> dict[str, Any]:
    """What was sent, by column; the password stays in its config."""
    columns = patch.model_dump(exclude_unset=True, exclude={"smtp_config"})
    if columns.get("allowed_check_country_codes") == []:
        columns["allowed_check_country_codes"] = None
    if "smtp_config" in patch.model_fields_set:
        columns["smtp_config"] = patch.smtp_config.model_dump(exclude_unset=True, by_alias=True)
    return columns


def represent(row: Mapping[str, Any]) -> Monitor:
    return Monitor.model_validate({**row, "config": row["smtp_config"]})
