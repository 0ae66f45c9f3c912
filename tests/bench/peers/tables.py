"""The schema as SQLAlchemy's declarative models."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, DateTime, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way
        str: Text,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
        list[int]: ARRAY(BigInteger),
        dict[str, Any]: JSON,
        bytes: LargeBinary,
    }


class Session(Base):
    __tablename__ = "sessions"

    organization_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime]


class User(Base):
    __tablename__ = "users"

    organization_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    role: Mapped[str]
    global_role: Mapped[str | None]
    customer_ids: Mapped[list[int] | None]
    active: Mapped[bool]


class SmtpMonitor(Base):
    __tablename__ = "smtp_monitors"

    organization_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    public_id: Mapped[UUID]
    customer_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger)
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
    smtp_password: Mapped[bytes | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SmtpMonitorState(Base):
    __tablename__ = "smtp_monitor_states"

    organization_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    smtp_monitor_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    last_checked_at: Mapped[datetime | None]
