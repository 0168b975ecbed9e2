"""What waits to be done or told: outbox, jobs, webhook receipts, the schedule; and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from tables.base import Base, UtcDateTime, bool_false, bool_true, enum_type, int_zero, label, pk
from tables.complaints import Complaint
from tables.enums import AuditAction, DeliveryState, JobKind, LineChannel, MessagePriority, OutboxChannel

UNDONE = text("state IN ('ready', 'leased')")


class LeaseMixin:
    """Columns by which workers take a row: a lease with a fencing token (reliability.md §4.3)."""

    state: Mapped[DeliveryState] = mapped_column(
        enum_type(DeliveryState), default=DeliveryState.READY, info=label("สถานะ")
    )
    attempts: Mapped[int_zero] = mapped_column(info=label("ครั้งที่ลอง"))
    max_attempts: Mapped[int] = mapped_column(default=12, info=label("ลองได้ไม่เกิน"))
    not_before: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ไม่ก่อน"))
    first_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ลองครั้งแรก"))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("จองถึง"))
    lease_token: Mapped[str | None] = mapped_column(String(36), info=label("กุญแจจอง"))
    last_error: Mapped[str | None] = mapped_column(String(400), info=label("ข้อผิดพลาดล่าสุด"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("สร้างเมื่อ"))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("เสร็จเมื่อ"))

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        """Index the rows still to be done, by when they may be taken."""
        name = cls.__tablename__  # type: ignore[attr-defined]
        due = Index(f"ix_{name}_due", "not_before", "id", sqlite_where=UNDONE, postgresql_where=UNDONE)
        return (due, *getattr(cls, "extra_table_args", ()))


class MessageTemplate(Base):
    """ข้อความแจ้งเตือน — the words of one message in one language, editable by the municipality."""

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("key", "language"),)

    id: Mapped[pk]
    key: Mapped[str] = mapped_column(String(60), info=label("รหัสข้อความ"))
    language: Mapped[str] = mapped_column(String(5), default="th", info=label("ภาษา"))
    layout: Mapped[str] = mapped_column(String(60), info=label("รูปแบบการ์ด"))
    words: Mapped[dict[str, str]] = mapped_column(JSON, info=label("ถ้อยคำ"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))

    def __str__(self) -> str:
        return self.key


class Notification(Base):
    """การแจ้งในระบบ (กระดิ่ง) — tells one officer one thing inside the back office."""

    __tablename__ = "notification"
    __table_args__ = (Index("ix_notification_unread", "staff_user_id", "read_at", "id"),)

    id: Mapped[pk]
    staff_user_id: Mapped[int] = mapped_column(
        ForeignKey("staff_user.id", ondelete="CASCADE"), info=label("ถึง")
    )
    complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), index=True, info=label("คำร้อง")
    )
    template_key: Mapped[str] = mapped_column(String(60), info=label("เรื่อง"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("ข้อมูล"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("เมื่อ"))
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("อ่านเมื่อ"))


class OutboxMessage(LeaseMixin, Base):
    """ข้อความขาออก — one message to one person; written with the act, sent by the worker only."""

    __tablename__ = "outbox_message"
    extra_table_args = (
        Index(
            "ix_outbox_message_order",
            "recipient",
            "complaint_id",
            "id",
            sqlite_where=UNDONE,
            postgresql_where=UNDONE,
        ),
        Index("ix_outbox_message_complaint", "complaint_id", "id"),
    )

    id: Mapped[pk]
    channel: Mapped[OutboxChannel] = mapped_column(enum_type(OutboxChannel), info=label("ทาง"))
    recipient: Mapped[str] = mapped_column(
        String(254), info=label("ผู้รับ", personal=True)
    )  # A LINE user id or an e-mail address.
    recipient_name: Mapped[str] = mapped_column(String(200), default="", info=label("ชื่อผู้รับ"))
    complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), info=label("คำร้อง")
    )
    event_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint_event.id", ondelete="CASCADE"), index=True, info=label("เหตุการณ์")
    )
    template_key: Mapped[str] = mapped_column(String(60), info=label("ข้อความ"))
    language: Mapped[str] = mapped_column(String(5), default="th", info=label("ภาษา"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("ข้อมูลประกอบ"))
    reply_token: Mapped[str | None] = mapped_column(String(120), info=label("กุญแจตอบกลับ", secret=True))
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True, info=label("กันส่งซ้ำ"))
    retry_key: Mapped[str] = mapped_column(String(36), info=label("X-Line-Retry-Key"))
    reply_until: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=label("ตอบฟรีได้ถึง")
    )  # Of a message that is pushed once its token is too old; an answer has none and is dropped then.
    priority: Mapped[MessagePriority] = mapped_column(
        enum_type(MessagePriority),
        default=MessagePriority.ESSENTIAL,
        server_default=MessagePriority.ESSENTIAL.value,
        info=label("ความสำคัญ"),
    )
    is_silent: Mapped[bool_false] = mapped_column(info=label("ส่งโดยไม่มีเสียง"))
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("outbox_message.id", ondelete="SET NULL"), index=True, info=label("ไปกับข้อความ")
    )
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("หมดอายุ"))
    last_status: Mapped[int | None] = mapped_column(info=label("รหัสตอบล่าสุด"))
    provider_request_id: Mapped[str | None] = mapped_column(String(80), info=label("X-Line-Request-Id"))
    sent_body: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON, info=label("ข้อความที่ส่งจริง"))

    complaint: Mapped[Complaint | None] = relationship(info=label("คำร้อง"))


class Job(LeaseMixin, Base):
    """งานเบื้องหลัง — a document to make or a file to write, outside any request."""

    __tablename__ = "job"

    id: Mapped[pk]
    kind: Mapped[JobKind] = mapped_column(enum_type(JobKind), info=label("งาน"))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("ข้อมูล"))
    complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), index=True, info=label("คำร้อง")
    )
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True, info=label("กันทำซ้ำ"))
    requested_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), index=True, info=label("ผู้สั่ง")
    )
    progress: Mapped[int_zero] = mapped_column(info=label("คืบหน้า (%)"))
    result_key: Mapped[str | None] = mapped_column(String(160), info=label("ผลลัพธ์", secret=True))


class WebhookReceipt(LeaseMixin, Base):
    """ใบรับเหตุการณ์ LINE — a webhook event stored raw, once, before anything is done with it."""

    __tablename__ = "webhook_receipt"
    extra_table_args = (UniqueConstraint("channel", "webhook_event_id"),)

    id: Mapped[pk]
    channel: Mapped[LineChannel] = mapped_column(enum_type(LineChannel), info=label("ช่องทาง LINE"))
    webhook_event_id: Mapped[str] = mapped_column(String(80), info=label("รหัสเหตุการณ์"))
    event_timestamp: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("เวลาเหตุการณ์"))
    body: Mapped[dict[str, Any]] = mapped_column(JSON, info=label("เนื้อหา", personal=True))


class Schedule(Base):
    """ตารางงานประจำ — periodic work; whoever moves next_run_at forward runs it, so it runs once."""

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(String(60), primary_key=True, info=label("งาน"))
    every_seconds: Mapped[int] = mapped_column(info=label("ทุกกี่วินาที"))
    next_run_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ครั้งต่อไป"))
    last_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ครั้งล่าสุด"))
    last_error: Mapped[str | None] = mapped_column(String(400), info=label("ข้อผิดพลาดล่าสุด"))


class AuditEntry(Base):
    """บันทึกการใช้งาน — who changed or viewed what; append-only, sealed hourly."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_object", "object_type", "object_id", "id"),)

    id: Mapped[pk]
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=label("เมื่อ"))
    actor_kind: Mapped[str] = mapped_column(String(20), info=label("ผู้กระทำ"))
    staff_user_id: Mapped[int | None] = mapped_column(index=True, info=label("เจ้าหน้าที่"))
    actor_name: Mapped[str] = mapped_column(String(200), default="", info=label("ชื่อผู้กระทำ"))
    action: Mapped[AuditAction] = mapped_column(enum_type(AuditAction), info=label("การกระทำ"))
    object_type: Mapped[str] = mapped_column(String(60), info=label("ประเภทข้อมูล"))
    object_id: Mapped[str | None] = mapped_column(String(80), info=label("รหัสข้อมูล"))
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("รายละเอียด"))
    reason: Mapped[str | None] = mapped_column(String(400), info=label("เหตุผล"))
    ip_address: Mapped[str | None] = mapped_column(String(45), info=label("ไอพี"))
    seal: Mapped[str | None] = mapped_column(
        String(64), info=label("ตราประทับ")
    )  # On SEAL entries: the digest over all entries since the one before.
