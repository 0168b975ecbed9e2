"""What a municipality changes without a developer, and the stamp that tells caches to look again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from tables.base import Base, UtcDateTime, label, pk


class Setting(Base):
    """ค่าตั้งต้นของเทศบาล — one named value: name, colours, number pattern, windows."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True, info=label("ชื่อค่า"))
    value: Mapped[Any] = mapped_column(JSON, info=label("ค่า"))
    updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("แก้ไขเมื่อ"))

    def __str__(self) -> str:
        return self.key


class LookupStamp(Base):
    """ตราประทับรุ่น — one row whose number grows when settings, roles or catalogue rows change."""

    __tablename__ = "lookup_stamp"

    id: Mapped[pk]
    version: Mapped[int] = mapped_column(default=1)


class DataFinding(Base):
    """สิ่งที่ข้อมูลไม่น่าเป็นไปได้ — what the nightly look found of one kind; the newest look replaces the last."""

    __tablename__ = "data_finding"

    code: Mapped[str] = mapped_column(String(60), primary_key=True, info=label("เรื่องที่ตรวจ"))
    count: Mapped[int] = mapped_column(info=label("จำนวนที่พบ"))
    examples: Mapped[list[Any]] = mapped_column(JSON, default=list, info=label("ตัวอย่าง"))
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ตรวจเมื่อ"))
