"""When a promise's clock stood still, and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, UtcDateTime, enum_type, label, pk
from tables.complaints import Complaint
from tables.enums import PauseReason


class ClockPause(Base):
    """ช่วงหยุดนับเวลา — from the act that made a case wait to the one that ended it (003-06)."""

    __tablename__ = "clock_pause"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="forwards"),
        Index("ix_clock_pause_complaint", "complaint_id", "id"),
    )

    id: Mapped[pk]
    complaint_id: Mapped[int] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), info=label("คำร้อง")
    )
    reason: Mapped[PauseReason] = mapped_column(enum_type(PauseReason), info=label("เหตุที่หยุดนับ"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("หยุดนับเมื่อ"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("นับต่อเมื่อ"))
    started_event_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint_event.id", ondelete="CASCADE"), index=True, info=label("เหตุการณ์ที่หยุด")
    )
    ended_event_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint_event.id", ondelete="SET NULL"), index=True, info=label("เหตุการณ์ที่นับต่อ")
    )

    complaint: Mapped[Complaint] = relationship(info=label("คำร้อง"))
