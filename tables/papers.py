"""Official papers: templates, what was issued, receipts and their books; schedules of reports."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, UtcDateTime, bool_true, enum_type, label, pk
from tables.complaints import Complaint
from tables.organisation import Department
from tables.paper_enums import DocumentKind, Emblem, Numerals, PaymentWay, ScheduleEvery
from tables.people import Member
from tables.staff import StaffUser


class DocumentTemplate(Base):
    """แม่แบบเอกสาร — a version of a town's own template; the newest holds, without one the product's."""

    __tablename__ = "document_template"
    __table_args__ = (UniqueConstraint("kind", "version"),)

    id: Mapped[pk]
    kind: Mapped[DocumentKind] = mapped_column(enum_type(DocumentKind), info=label("เอกสาร"))
    version: Mapped[int] = mapped_column(info=label("รุ่นที่"))
    title: Mapped[str] = mapped_column(String(160), info=label("หัวเรื่อง"))
    body: Mapped[str] = mapped_column(Text, info=label("เนื้อหาแม่แบบ"))
    numerals: Mapped[Numerals] = mapped_column(enum_type(Numerals), info=label("ตัวเลข"))
    emblem: Mapped[Emblem] = mapped_column(enum_type(Emblem), info=label("ตราหัวกระดาษ"))
    signatures: Mapped[list[dict[str, str]]] = mapped_column(
        JSON, default=list, info=label("ช่องลงนาม")
    )  # [{"title", "name", "position"}] in the order of signing.
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("บันทึกเมื่อ"))
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), info=label("ผู้บันทึก")
    )

    created_by: Mapped[StaffUser | None] = relationship(info=label("ผู้บันทึก"))


class Document(Base):
    """เอกสารที่ออก — one version of an issued paper in the archive; older versions stay (000-08)."""

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_complaint", "complaint_id", "kind", "version"),
        Index("ix_document_receipt", "receipt_id", "version"),
    )

    id: Mapped[pk]
    public_id: Mapped[str] = mapped_column(String(32), unique=True, info=label("รหัสเอกสาร"))
    kind: Mapped[DocumentKind] = mapped_column(enum_type(DocumentKind), info=label("เอกสาร"))
    complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), info=label("คำร้อง")
    )
    receipt_id: Mapped[int | None] = mapped_column(
        ForeignKey("receipt.id", ondelete="CASCADE"), info=label("ใบเสร็จรับเงิน")
    )
    version: Mapped[int] = mapped_column(info=label("ฉบับที่"))
    template_version: Mapped[int] = mapped_column(info=label("รุ่นของแม่แบบ"))  # 0: the product's own.
    facts: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, info=label("ข้อมูลที่กรอก", personal=True)
    )  # What the officer typed for this paper: letter number, addressee, signers, appointment.
    through_event_id: Mapped[int | None] = mapped_column(info=label("เหตุการณ์สุดท้ายที่แสดง"))
    display_name: Mapped[str] = mapped_column(String(255), info=label("ชื่อไฟล์"))
    byte_size: Mapped[int] = mapped_column(info=label("ขนาด (ไบต์)"))
    page_count: Mapped[int | None] = mapped_column(info=label("จำนวนหน้า"))
    sha256: Mapped[str] = mapped_column(String(64), index=True, info=label("แฮช"))
    storage_key: Mapped[str] = mapped_column(String(120), info=label("ที่เก็บ", secret=True))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ออกเมื่อ"))
    made_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), info=label("ผู้ออก")
    )

    complaint: Mapped[Complaint | None] = relationship(info=label("คำร้อง"))
    receipt: Mapped[Receipt | None] = relationship(info=label("ใบเสร็จรับเงิน"))
    made_by: Mapped[StaffUser | None] = relationship(info=label("ผู้ออก"))


class ReceiptBook(Base):
    """เล่มใบเสร็จ — numbers given out one by one, none twice and none left out."""

    __tablename__ = "receipt_book"
    __table_args__ = (
        UniqueConstraint("department_id", "fiscal_year", "book_number"),
        CheckConstraint("next_number BETWEEN first_number AND last_number + 1", name="number_in_book"),
    )

    id: Mapped[pk]
    department_id: Mapped[int] = mapped_column(
        ForeignKey("department.id", ondelete="RESTRICT"), info=label("หน่วยงาน")
    )
    fiscal_year: Mapped[int] = mapped_column(info=label("ปีงบประมาณ"))  # Buddhist.
    book_number: Mapped[str] = mapped_column(String(20), info=label("เล่มที่"))
    first_number: Mapped[int] = mapped_column(info=label("เลขที่แรก"))
    last_number: Mapped[int] = mapped_column(info=label("เลขที่สุดท้าย"))
    next_number: Mapped[int] = mapped_column(info=label("เลขที่ถัดไป"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))

    department: Mapped[Department] = relationship(info=label("หน่วยงาน"))

    def __str__(self) -> str:
        return f"{self.book_number}/{self.fiscal_year}"


class Receipt(Base):
    """ใบเสร็จรับเงิน — money taken in; never changed, only cancelled with a reason."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("book_id", "number"),
        CheckConstraint("total > 0", name="total_positive"),
    )

    id: Mapped[pk]
    public_id: Mapped[str] = mapped_column(String(32), unique=True, info=label("รหัสใบเสร็จ"))
    form_token: Mapped[str] = mapped_column(String(40), unique=True, info=label("กุญแจฟอร์ม"))
    book_id: Mapped[int] = mapped_column(
        ForeignKey("receipt_book.id", ondelete="RESTRICT"), info=label("เล่มใบเสร็จ")
    )
    number: Mapped[int] = mapped_column(info=label("เลขที่"))
    paid_on: Mapped[date] = mapped_column(index=True, info=label("วันที่รับเงิน"))  # Bangkok date.
    payer_name: Mapped[str] = mapped_column(String(200), info=label("ได้รับเงินจาก", personal=True))
    payer_address: Mapped[str] = mapped_column(String(400), default="", info=label("ที่อยู่", personal=True))
    member_id: Mapped[int | None] = mapped_column(
        ForeignKey("member.id", ondelete="RESTRICT"), index=True, info=label("สมาชิก")
    )
    complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="RESTRICT"), index=True, info=label("คำร้อง")
    )
    items: Mapped[list[dict[str, str]]] = mapped_column(
        JSON, info=label("รายการ")
    )  # [{"words", "amount"}], baht with two decimals as text.
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2), info=label("รวมเงิน (บาท)"))
    paid_by: Mapped[PaymentWay] = mapped_column(enum_type(PaymentWay), info=label("ชำระโดย"))
    note: Mapped[str] = mapped_column(String(300), default="", info=label("หมายเหตุ"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ออกเมื่อ"))
    issued_by_id: Mapped[int] = mapped_column(
        ForeignKey("staff_user.id", ondelete="RESTRICT"), info=label("ผู้รับเงิน")
    )
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ยกเลิกเมื่อ"))
    cancelled_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="RESTRICT"), info=label("ผู้ยกเลิก")
    )
    cancel_reason: Mapped[str | None] = mapped_column(String(300), info=label("เหตุผลที่ยกเลิก"))

    book: Mapped[ReceiptBook] = relationship(info=label("เล่มใบเสร็จ"))
    member: Mapped[Member | None] = relationship(info=label("สมาชิก"))
    complaint: Mapped[Complaint | None] = relationship(info=label("คำร้อง"))
    issued_by: Mapped[StaffUser] = relationship(foreign_keys=[issued_by_id], info=label("ผู้รับเงิน"))
    cancelled_by: Mapped[StaffUser | None] = relationship(
        foreign_keys=[cancelled_by_id], info=label("ผู้ยกเลิก")
    )

    def __str__(self) -> str:
        return f"{self.book} เลขที่ {self.number}"


class ReportSchedule(Base):
    """รายงานประจำ — a report made by itself, for each recipient by his own rights."""

    __tablename__ = "report_schedule"
    __table_args__ = (Index("ix_report_schedule_due", "is_active", "next_run_at"),)

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(120), info=label("ชื่อ"))
    report: Mapped[str] = mapped_column(String(40), info=label("รายงาน"))  # a key of reports.registry
    arguments: Mapped[dict[str, str]] = mapped_column(
        JSON, default=dict, info=label("ตัวกรอง")
    )  # The filter as in the address; the years are chosen when it runs.
    file_type: Mapped[str] = mapped_column(String(10), info=label("ชนิดไฟล์"))
    every: Mapped[ScheduleEvery] = mapped_column(enum_type(ScheduleEvery), info=label("ทุก"))
    on_day: Mapped[int] = mapped_column(info=label("วันที่"))  # of the month 1–28, of the week 1–7 (จันทร์ = 1)
    at_hour: Mapped[int] = mapped_column(info=label("เวลา (นาฬิกา)"))
    recipient_ids: Mapped[list[int]] = mapped_column(JSON, default=list, info=label("ส่งถึง"))
    owner_id: Mapped[int] = mapped_column(
        ForeignKey("staff_user.id", ondelete="CASCADE"), index=True, info=label("ผู้ตั้ง")
    )
    next_run_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ครั้งต่อไป"))
    last_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ครั้งล่าสุด"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))

    owner: Mapped[StaffUser] = relationship(info=label("ผู้ตั้ง"))
