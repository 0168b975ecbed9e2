"""What protects an unfinished entry: drafts, and tokens that make a second press harmless."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tables.base import Base, UtcDateTime, label, pk


class Draft(Base):
    """ร่าง — what an officer has typed into a form that is not saved yet."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("staff_user_id", "form_name", "token"),)

    id: Mapped[pk]
    staff_user_id: Mapped[int] = mapped_column(
        ForeignKey("staff_user.id", ondelete="CASCADE"), info=label("เจ้าหน้าที่")
    )
    form_name: Mapped[str] = mapped_column(String(60), info=label("แบบฟอร์ม"))
    token: Mapped[str] = mapped_column(String(40), info=label("กุญแจฟอร์ม"))
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("ข้อความที่พิมพ์"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("แก้ไขเมื่อ"))


class FormToken(Base):
    """กุญแจฟอร์ม — used once; a second press finds the row and shows the same complaint."""

    __tablename__ = "form_token"

    id: Mapped[pk]
    token: Mapped[str] = mapped_column(String(40), unique=True, info=label("กุญแจ"))
    purpose: Mapped[str] = mapped_column(String(40), info=label("ใช้กับ"))
    complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), index=True, info=label("คำร้อง")
    )
    used_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ใช้เมื่อ"))
