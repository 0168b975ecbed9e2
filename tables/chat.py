"""Begun in the chat: drafts, photos to fetch, requests to be let in; and the pictures shown there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, UtcDateTime, enum_type, int_zero, label, pk
from tables.delivery import LeaseMixin
from tables.enums import AttachmentStage, ChatDraftKind, LineChannel, LineRequestKind, LineRequestState
from tables.organisation import Department
from tables.people import LineAccount, Member
from tables.staff import StaffUser

_NOT_PARKED = text("parked_at IS NULL")
_STILL_WAITING = text("state = 'waiting'")


class ChatDraft(Base):
    """ร่างในแชต — what somebody is telling us in the chat; one at a time, begun ones wait for their return."""

    __tablename__ = "chat_draft"
    __table_args__ = (
        Index(
            "uq_chat_draft_current",
            "line_account_id",
            unique=True,
            sqlite_where=_NOT_PARKED,
            postgresql_where=_NOT_PARKED,
        ),
        Index("ix_chat_draft_account", "line_account_id", "touched_at"),
        Index("ix_chat_draft_touched", "touched_at"),
    )

    id: Mapped[pk]
    line_account_id: Mapped[int] = mapped_column(
        ForeignKey("line_account.id", ondelete="CASCADE"), info=label("บัญชี LINE")
    )
    kind: Mapped[ChatDraftKind] = mapped_column(enum_type(ChatDraftKind), info=label("เรื่องที่คุย"))
    code: Mapped[str] = mapped_column(String(16), unique=True, info=label("รหัสบนปุ่ม"))
    token: Mapped[str] = mapped_column(
        String(40), unique=True, info=label("กุญแจฟอร์ม", secret=True)
    )  # Names the photos that wait, and makes a second press of "confirm" find the first one's case.
    complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), index=True, info=label("คำร้อง")
    )
    state_seq: Mapped[int | None] = mapped_column(info=label("ลำดับสถานะตอนเริ่ม"))
    asked: Mapped[str] = mapped_column(String(40), default="", info=label("คำถามที่ค้าง"))
    said: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("ที่บอกมาแล้ว", personal=True))
    turn: Mapped[int_zero] = mapped_column(info=label("ขั้นที่"))  # Buttons carry it: an old one does nothing.
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("เริ่มเมื่อ"))
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ล่าสุดเมื่อ"))
    parked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("พักไว้เมื่อ"))
    photos_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=label("ภาพล่าสุดเมื่อ")
    )  # Set while a burst of photos has not been answered.
    photos_receipt_id: Mapped[int | None] = mapped_column(
        ForeignKey("webhook_receipt.id", ondelete="SET NULL"), info=label("เหตุการณ์ของภาพล่าสุด")
    )

    line_account: Mapped[LineAccount] = relationship(info=label("บัญชี LINE"))


class ChatPhoto(LeaseMixin, Base):
    """ภาพจากแชต — a photo somebody sent, to be fetched from LINE, cleaned and put where it belongs."""

    __tablename__ = "chat_photo"
    extra_table_args = (
        UniqueConstraint("channel", "message_id"),
        Index("ix_chat_photo_draft", "chat_draft_id", "state"),
    )

    id: Mapped[pk]
    channel: Mapped[LineChannel] = mapped_column(enum_type(LineChannel), info=label("ช่องทาง LINE"))
    message_id: Mapped[str] = mapped_column(String(64), info=label("รหัสข้อความ"))
    line_account_id: Mapped[int] = mapped_column(
        ForeignKey("line_account.id", ondelete="CASCADE"), index=True, info=label("บัญชี LINE")
    )
    chat_draft_id: Mapped[int | None] = mapped_column(
        ForeignKey("chat_draft.id", ondelete="SET NULL"), info=label("ร่างในแชต")
    )
    token: Mapped[str] = mapped_column(String(40), info=label("กุญแจฟอร์ม", secret=True))
    stage: Mapped[AttachmentStage] = mapped_column(enum_type(AttachmentStage), info=label("ประเภทภาพ"))
    complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), index=True, info=label("คำร้อง")
    )  # Known once the draft became an act: a photo that comes later is hung there at once.
    result_id: Mapped[int | None] = mapped_column(
        ForeignKey("action_result.id", ondelete="SET NULL"), index=True, info=label("ผลการดำเนินงาน")
    )
    attachment_id: Mapped[int | None] = mapped_column(
        ForeignKey("attachment.id", ondelete="SET NULL"), index=True, info=label("ไฟล์")
    )
    refusal: Mapped[str | None] = mapped_column(String(60), info=label("เหตุที่ไม่รับ"))


class ChatPicture(Base):
    """ภาพที่แสดงในแชต — an address nobody can guess, under which LINE fetches one small picture for a while."""

    __tablename__ = "chat_picture"

    id: Mapped[pk]
    token: Mapped[str] = mapped_column(String(43), unique=True, info=label("กุญแจที่อยู่", secret=True))
    attachment_id: Mapped[int | None] = mapped_column(
        ForeignKey("attachment.id", ondelete="CASCADE"), index=True, info=label("ไฟล์")
    )
    storage_key: Mapped[str | None] = mapped_column(String(120), info=label("ที่เก็บ", secret=True))
    content_hash: Mapped[str | None] = mapped_column(String(64), index=True, info=label("ลายนิ้วมือเนื้อหา"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("สร้างเมื่อ"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=label("เปิดได้ถึง"))


class LineRequest(Base):
    """คำขอทาง LINE — a phone that wants to be a member's or an officer's (000-66)."""

    __tablename__ = "line_request"
    __table_args__ = (
        Index(
            "uq_line_request_waiting",
            "line_account_id",
            unique=True,
            sqlite_where=_STILL_WAITING,
            postgresql_where=_STILL_WAITING,
        ),
        Index("ix_line_request_state", "state", "id"),
    )

    id: Mapped[pk]
    kind: Mapped[LineRequestKind] = mapped_column(enum_type(LineRequestKind), info=label("ขอเป็น"))
    state: Mapped[LineRequestState] = mapped_column(
        enum_type(LineRequestState), default=LineRequestState.WAITING, info=label("สถานะ")
    )
    line_account_id: Mapped[int] = mapped_column(
        ForeignKey("line_account.id", ondelete="CASCADE"), index=True, info=label("บัญชี LINE")
    )
    title: Mapped[str | None] = mapped_column(String(40), info=label("คำนำหน้า"))
    first_name: Mapped[str] = mapped_column(String(120), info=label("ชื่อ", personal=True))
    last_name: Mapped[str | None] = mapped_column(String(120), info=label("นามสกุล", personal=True))
    position: Mapped[str | None] = mapped_column(String(160), info=label("ตำแหน่ง"))
    department_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", ondelete="SET NULL"), index=True, info=label("หน่วยงาน")
    )
    phone: Mapped[str | None] = mapped_column(String(16), info=label("โทรศัพท์", personal=True))
    birth_date: Mapped[date | None] = mapped_column(info=label("วันเกิด", personal=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ขอเมื่อ"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ตัดสินเมื่อ"))
    decided_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), index=True, info=label("ผู้ตัดสิน")
    )
    reason: Mapped[str | None] = mapped_column(String(400), info=label("เหตุผล"))
    member_id: Mapped[int | None] = mapped_column(
        ForeignKey("member.id", ondelete="SET NULL"), index=True, info=label("สมาชิก")
    )
    staff_user_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), index=True, info=label("เจ้าหน้าที่")
    )

    line_account: Mapped[LineAccount] = relationship(info=label("บัญชี LINE"))
    department: Mapped[Department | None] = relationship(info=label("หน่วยงาน"))
    decided_by: Mapped[StaffUser | None] = relationship(foreign_keys=[decided_by_id], info=label("ผู้ตัดสิน"))
    member: Mapped[Member | None] = relationship(info=label("สมาชิก"))

    @property
    def full_name(self) -> str:
        """Return title and given name without a space between, then the family name."""
        return f"{self.title or ''}{self.first_name} {self.last_name or ''}".strip()

    def __str__(self) -> str:
        return self.full_name
