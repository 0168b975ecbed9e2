"""Excel files brought in: their rows as they were read, what became of them, and how to take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, UtcDateTime, enum_type, int_zero, label, pk
from tables.enums import SheetKind, SheetState
from tables.staff import StaffUser


class SheetImport(Base):
    """การนำเข้าจาก Excel — one file: checked first, then taken in whole or not at all."""

    __tablename__ = "sheet_import"

    id: Mapped[pk]
    kind: Mapped[SheetKind] = mapped_column(enum_type(SheetKind), info=label("ข้อมูล"))
    file_name: Mapped[str] = mapped_column(String(200), info=label("ชื่อไฟล์"))
    state: Mapped[SheetState] = mapped_column(
        enum_type(SheetState), default=SheetState.CHECKED, info=label("สถานะ")
    )
    rows: Mapped[list[Any] | None] = mapped_column(
        JSON(none_as_null=True), info=label("แถวที่อ่านได้", personal=True)
    )  # Dropped once the import is applied and cannot be undone any more.
    undo: Mapped[list[Any] | None] = mapped_column(
        JSON(none_as_null=True), info=label("ค่าก่อนนำเข้า", personal=True)
    )
    added: Mapped[int_zero] = mapped_column(info=label("เพิ่ม"))
    changed: Mapped[int_zero] = mapped_column(info=label("แก้ไข"))
    unchanged: Mapped[int_zero] = mapped_column(info=label("เหมือนเดิม"))
    refused: Mapped[int_zero] = mapped_column(info=label("มีข้อผิดพลาด"))
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), index=True, info=label("ผู้นำเข้า")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=label("อ่านไฟล์เมื่อ"))
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("นำเข้าเมื่อ"))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ย้อนกลับเมื่อ"))

    created_by: Mapped[StaffUser | None] = relationship(info=label("ผู้นำเข้า"))

    def __str__(self) -> str:
        return self.file_name
