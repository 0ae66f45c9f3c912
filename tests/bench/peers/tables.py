"""The table as SQLAlchemy's declarative models."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way
        str: Text,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
        list[int]: ARRAY(BigInteger),
        dict[str, Any]: JSON,
    }


class SmtpMonitor(Base):
    __tablename__ = "smtp_monitors"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    public_id: Mapped[UUID]
    organization_id: Mapped[int] = mapped_column(BigInteger)
    customer_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    hostname: Mapped[str]
    port: Mapped[int | None]
    status: Mapped[str]
    check_interval: Mapped[int]
    timeout_seconds: Mapped[int]
    allowed_check_country_codes: Mapped[list[str] | None]
    notification_email: Mapped[str | None]
    notification_phone_number: Mapped[str | None]
    smtp_config: Mapped[dict[str, Any]]
    last_checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
