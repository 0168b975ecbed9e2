"""Where things are: zones, communities and the roads people name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, bool_false, bool_true, int_zero, label, pk


class Zone(Base):
    """เขต — an administrative zone of the municipality; one row says "ไม่ทราบเขต" (000-52)."""

    __tablename__ = "zone"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(30), unique=True, info=label("รหัส"))
    name: Mapped[str] = mapped_column(String(120), info=label("ชื่อเขต"))
    name_en: Mapped[str | None] = mapped_column(String(120), info=label("ชื่ออังกฤษ"))
    is_unknown: Mapped[bool_false] = mapped_column(info=label("หมายถึงไม่ทราบ"))
    boundary: Mapped[dict[str, Any] | None] = mapped_column(
        JSON, info=label("ขอบเขต")
    )  # A GeoJSON Polygon or MultiPolygon geometry, WGS84.
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))
    sort_order: Mapped[int_zero] = mapped_column(info=label("ลำดับ"))

    communities: Mapped[list[Community]] = relationship(back_populates="zone", info=label("ชุมชน"))

    def __str__(self) -> str:
        return self.name


class Community(Base):
    """ชุมชน — belongs to one zone; one row says "ไม่ทราบชุมชน"."""

    __tablename__ = "community"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(30), unique=True, info=label("รหัส"))
    name: Mapped[str] = mapped_column(String(160), info=label("ชื่อชุมชน"))
    name_key: Mapped[str] = mapped_column(Text, default="", info=label("ลำดับชื่อ"))
    zone_id: Mapped[int] = mapped_column(
        ForeignKey("zone.id", ondelete="RESTRICT"), index=True, info=label("เขต")
    )
    is_unknown: Mapped[bool_false] = mapped_column(info=label("หมายถึงไม่ทราบ"))
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6), info=label("ละติจูด"))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6), info=label("ลองจิจูด"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))

    zone: Mapped[Zone] = relationship(back_populates="communities", info=label("เขต"))

    def __str__(self) -> str:
        return self.name


class Road(Base):
    """ถนน — a reference place near the problem (000-30); the table fills from what is typed."""

    __tablename__ = "road"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(160), unique=True, info=label("ชื่อถนน/ซอย"))
    name_key: Mapped[str] = mapped_column(Text, default="", info=label("ลำดับชื่อ"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))

    def __str__(self) -> str:
        return self.name
