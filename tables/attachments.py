"""Files that belong to a complaint: photos before and after, papers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, UtcDateTime, enum_type, label, pk
from tables.complaints import Complaint
from tables.enums import AttachmentStage


class Attachment(Base):
    """ภาพและเอกสาร — a stored file; before the complaint is saved it hangs on a draft's token."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_complaint", "complaint_id", "stage"),)

    id: Mapped[pk]
    public_id: Mapped[str] = mapped_column(String(32), unique=True, info=label("รหัสไฟล์"))
    complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), info=label("คำร้อง")
    )
    result_id: Mapped[int | None] = mapped_column(
        ForeignKey("action_result.id", ondelete="SET NULL"), index=True, info=label("ผลการดำเนินงาน")
    )
    draft_token: Mapped[str | None] = mapped_column(String(40), index=True, info=label("ร่างที่รอ"))
    stage: Mapped[AttachmentStage] = mapped_column(enum_type(AttachmentStage), info=label("ประเภทไฟล์"))
    display_name: Mapped[str] = mapped_column(String(255), info=label("ชื่อไฟล์"))
    original_name: Mapped[str | None] = mapped_column(
        String(255), info=label("ชื่อไฟล์เดิม")
    )  # Shown only, never used as a path.
    media_type: Mapped[str] = mapped_column(String(60), info=label("ชนิด"))
    byte_size: Mapped[int] = mapped_column(info=label("ขนาด (ไบต์)"))
    sha256: Mapped[str] = mapped_column(String(64), index=True, info=label("แฮช"))
    storage_key: Mapped[str] = mapped_column(String(120), info=label("ที่เก็บ", secret=True))
    preview_key: Mapped[str | None] = mapped_column(String(120), info=label("ที่เก็บภาพย่อ", secret=True))
    width: Mapped[int | None] = mapped_column(info=label("กว้าง"))
    height: Mapped[int | None] = mapped_column(info=label("สูง"))
    print_key: Mapped[str | None] = mapped_column(String(120), info=label("ที่เก็บภาพสำหรับพิมพ์", secret=True))
    page_count: Mapped[int | None] = mapped_column(info=label("จำนวนหน้า"))
    caption: Mapped[str | None] = mapped_column(String(300), info=label("คำบรรยายภาพ"))
    photo_hash: Mapped[str | None] = mapped_column(
        String(16), index=True, info=label("ลายนิ้วมือภาพ")
    )  # Of what it shows, 64 bits in hex: the same picture saved anew has a near one.
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ถ่ายเมื่อ"))
    taken_latitude: Mapped[Decimal | None] = mapped_column(
        Numeric(9, 6), info=label("ละติจูดที่ถ่าย", personal=True)
    )  # From EXIF, which the stored file no longer holds; a hint for the pin, no more.
    taken_longitude: Mapped[Decimal | None] = mapped_column(
        Numeric(9, 6), info=label("ลองจิจูดที่ถ่าย", personal=True)
    )
    uploaded_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), info=label("ผู้แนบ")
    )
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("แนบเมื่อ"))

    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("นำออกเมื่อ"))
    removed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), info=label("ผู้นำออก")
    )
    remove_reason: Mapped[str | None] = mapped_column(String(300), info=label("เหตุผลที่นำออก"))

    complaint: Mapped[Complaint | None] = relationship(back_populates="attachments", info=label("คำร้อง"))
