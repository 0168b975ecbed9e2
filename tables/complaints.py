"""The complaint and everything that is told about it: events, assignments, results, files, ratings."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, UtcDateTime, bool_false, enum_type, int_zero, label, pk
from tables.catalogue import Category, Channel, Subcategory
from tables.enums import (
    ComplaintKind,
    ComplaintStatus,
    Disclosure,
    DurationUnit,
    EventKind,
    Figure,
    Outcome,
    PlanReason,
    Urgency,
)
from tables.organisation import Department
from tables.people import LineAccount, Member
from tables.places import Community, Road, Zone
from tables.staff import StaffUser

if TYPE_CHECKING:
    from tables.attachments import Attachment


def _index_of_filled(column: str) -> Index:
    filled = text(f"{column} IS NOT NULL")
    return Index(f"ix_complaint_{column}", column, sqlite_where=filled, postgresql_where=filled)


class Complaint(Base):
    """คำร้องทุกข์ — one request for action by a citizen, from รับเรื่อง to ปิดเรื่อง."""

    __tablename__ = "complaint"
    __table_args__ = (
        UniqueConstraint("external_source", "external_id"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="pin_complete"),
        CheckConstraint(
            "status != 'duplicate' OR duplicate_of_id IS NOT NULL", name="duplicate_has_original"
        ),
        Index("ix_complaint_listed", "listed_at", "id"),
        Index("ix_complaint_status", "status", "listed_at", "id"),
        Index("ix_complaint_department", "department_id", "listed_at", "id"),
        Index("ix_complaint_assignee", "assignee_id", "status", "due_at"),
        Index("ix_complaint_member", "member_id", "listed_at"),
        Index("ix_complaint_zone", "zone_id", "listed_at", "id"),
        Index("ix_complaint_category", "category_id", "listed_at", "id"),
        Index(
            "ix_complaint_summary",
            "received_at",
            "department_id",
            "category_id",
            "zone_id",
            "figure",
            "status",
        ),
        Index("ix_complaint_pin", "latitude", "longitude", "status"),
        Index("ix_complaint_due", "due_at", "id"),
        # Nearly all are empty: counted in, SQLite would think an index over them finds everything.
        _index_of_filled("parent_id"),
        _index_of_filled("duplicate_of_id"),
        _index_of_filled("wake_at"),
        _index_of_filled("reporter_account_id"),
    )

    id: Mapped[pk]
    public_code: Mapped[str] = mapped_column(
        String(20), unique=True, info=label("รหัสติดตาม")
    )  # <Christian year>-<running>, made at submission (decisions.md 13).
    tracking_hash: Mapped[str | None] = mapped_column(
        String(64), info=label("รหัสผ่านติดตาม (แฮช)", secret=True)
    )
    tracking_generation: Mapped[int] = mapped_column(
        default=1, server_default=text("1"), info=label("ชุดที่ของรหัสผ่านติดตาม")
    )
    number: Mapped[str | None] = mapped_column(
        String(60), unique=True, info=label("เลขที่คำร้อง")
    )  # Issued at acceptance; an imported case keeps none.
    number_code: Mapped[str | None] = mapped_column(String(30), info=label("ตัวย่อในเลขที่"))
    number_year: Mapped[int | None] = mapped_column(info=label("ปีในเลขที่"))
    number_running: Mapped[int | None] = mapped_column(info=label("เลขลำดับ"))

    kind: Mapped[ComplaintKind] = mapped_column(
        enum_type(ComplaintKind), default=ComplaintKind.COMPLAINT, info=label("ลักษณะเรื่อง")
    )
    status: Mapped[ComplaintStatus] = mapped_column(enum_type(ComplaintStatus), info=label("สถานะ"))
    figure: Mapped[Figure] = mapped_column(
        enum_type(Figure), info=label("กลุ่มตัวเลข")
    )  # Written with status by _move(), so that counts group by one column.
    urgency: Mapped[Urgency] = mapped_column(
        enum_type(Urgency), default=Urgency.NORMAL, info=label("ความเร่งด่วน")
    )
    disclosure: Mapped[Disclosure] = mapped_column(
        enum_type(Disclosure), default=Disclosure.CONCEALED, info=label("การเปิดเผยตัวตน")
    )
    outcome: Mapped[Outcome | None] = mapped_column(enum_type(Outcome), info=label("ผลลัพธ์"))

    story: Mapped[str] = mapped_column(
        Text, info=label("รายละเอียด")
    )  # What happened and what the citizen asks for (000-31).
    place_text: Mapped[str | None] = mapped_column(String(400), info=label("สถานที่/จุดสังเกต"))
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6), info=label("ละติจูด"))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6), info=label("ลองจิจูด"))
    is_outside: Mapped[bool_false] = mapped_column(info=label("อยู่นอกเขตเทศบาล"))
    callback_phone: Mapped[str | None] = mapped_column(
        String(16), info=label("เบอร์ติดต่อกลับ", personal=True)
    )  # Plain E.164; the shared member's caller (decisions.md 12).

    member_id: Mapped[int | None] = mapped_column(
        ForeignKey("member.id", ondelete="RESTRICT"), info=label("ผู้ร้องทุกข์")
    )
    reporter_account_id: Mapped[int | None] = mapped_column(
        ForeignKey("line_account.id", ondelete="SET NULL"), info=label("แจ้งจากบัญชี LINE")
    )  # Who reported in the chat; without a member the case is told and shown there.
    channel_id: Mapped[int | None] = mapped_column(
        ForeignKey("channel.id", ondelete="RESTRICT"), index=True, info=label("ช่องทางการแจ้ง")
    )
    road_id: Mapped[int | None] = mapped_column(
        ForeignKey("road.id", ondelete="RESTRICT"), index=True, info=label("ถนน")
    )
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id", ondelete="RESTRICT"), info=label("เขต"))
    community_id: Mapped[int | None] = mapped_column(
        ForeignKey("community.id", ondelete="RESTRICT"), index=True, info=label("ชุมชน")
    )
    category_id: Mapped[int | None] = mapped_column(
        ForeignKey("category.id", ondelete="RESTRICT"), info=label("ตัวย่อ")
    )
    subcategory_id: Mapped[int | None] = mapped_column(
        ForeignKey("subcategory.id", ondelete="RESTRICT"), index=True, info=label("ตัวย่อย่อย")
    )
    department_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", ondelete="RESTRICT"), info=label("หน่วยงานรับผิดชอบ")
    )
    assignee_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="RESTRICT"), info=label("ผู้รับผิดชอบ")
    )
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), index=True, info=label("ผู้บันทึก")
    )
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="RESTRICT"), info=label("เรื่องแม่")
    )
    duplicate_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="RESTRICT"), info=label("ซ้ำกับเรื่อง")
    )
    external_source: Mapped[str | None] = mapped_column(String(60), info=label("ระบบต้นทาง"))
    external_id: Mapped[str | None] = mapped_column(String(80), info=label("เลขในระบบต้นทาง"))

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("บันทึกเมื่อ"))
    received_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=label("วันที่รับเรื่อง")
    )  # None: date unknown (imported); such a case is outside all figures.
    listed_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=label("ลำดับในรายการ")
    )  # received_at, or the epoch where it is unknown: one sort key without NULLs.
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ออกเลขเมื่อ"))
    directed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("สั่งการเมื่อ"))
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("รับทราบเมื่อ"))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("เริ่มดำเนินการเมื่อ"))
    finished_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=label("สิ้นสุดเมื่อ")
    )  # Set when the state leaves OPEN and WAITING, cleared when it comes back.
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ปิดเรื่องเมื่อ"))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("กำหนดแล้วเสร็จ"))
    promised_text: Mapped[str | None] = mapped_column(
        String(60), info=label("ระยะเวลาที่สัญญา")
    )  # Snapshot such as "1–3 วันทำการ"; a later rule never rewrites it.
    promised_amount: Mapped[int | None] = mapped_column(info=label("ระยะเวลาที่สัญญา (จำนวน)"))
    promised_unit: Mapped[DurationUnit | None] = mapped_column(
        enum_type(DurationUnit), info=label("ระยะเวลาที่สัญญา (หน่วย)")
    )
    clock_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("เริ่มนับเวลาเมื่อ"))
    clock_stopped_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=label("หยุดนับเวลาเมื่อ")
    )  # Set while the case waits; the pause itself is a ClockPause.
    warn_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("เตือนก่อนครบกำหนดเมื่อ"))
    wake_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=label("งานประจำทำขั้นต่อไปเมื่อ")
    )  # Reminder, escalation, lapse or closing, as the state wants it; None: nothing more to do by itself.
    wake_step: Mapped[int_zero] = mapped_column(info=label("งานประจำทำไปแล้วกี่ขั้น"))
    reject_reason: Mapped[str | None] = mapped_column(Text, info=label("เหตุผลที่ไม่รับเรื่อง"))
    plan_reason: Mapped[PlanReason | None] = mapped_column(enum_type(PlanReason), info=label("เหตุที่รอเข้าแผน"))
    referred_to: Mapped[str | None] = mapped_column(String(200), info=label("ส่งต่อไปที่"))

    rated_stars: Mapped[int | None] = mapped_column(info=label("คะแนนล่าสุด"))  # Of the latest rating.
    confirmed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=label("ผู้ร้องยืนยันเมื่อ")
    )  # When the complainant gave the present result three stars or more.
    reopen_count: Mapped[int_zero] = mapped_column(info=label("เปิดใหม่กี่ครั้ง"))
    state_seq: Mapped[int_zero] = mapped_column(
        info=label("ลำดับสถานะ")
    )  # Moves with state and assignment; LINE buttons carry it (workflow.md).
    version: Mapped[int] = mapped_column(default=1, info=label("รุ่น"))
    search_text: Mapped[str] = mapped_column(Text, default="", info=label("คำค้น"))

    member: Mapped[Member | None] = relationship(info=label("ผู้ร้องทุกข์"))
    reporter_account: Mapped[LineAccount | None] = relationship(info=label("แจ้งจากบัญชี LINE"))
    channel: Mapped[Channel | None] = relationship(info=label("ช่องทางการแจ้ง"))
    road: Mapped[Road | None] = relationship(info=label("ถนน"))
    zone: Mapped[Zone | None] = relationship(info=label("เขต"))
    community: Mapped[Community | None] = relationship(info=label("ชุมชน"))
    category: Mapped[Category | None] = relationship(info=label("ตัวย่อ"))
    subcategory: Mapped[Subcategory | None] = relationship(info=label("ตัวย่อย่อย"))
    department: Mapped[Department | None] = relationship(info=label("หน่วยงานรับผิดชอบ"))
    assignee: Mapped[StaffUser | None] = relationship(foreign_keys=[assignee_id], info=label("ผู้รับผิดชอบ"))
    created_by: Mapped[StaffUser | None] = relationship(foreign_keys=[created_by_id], info=label("ผู้บันทึก"))
    events: Mapped[list[ComplaintEvent]] = relationship(
        back_populates="complaint", order_by="ComplaintEvent.id", info=label("ความเคลื่อนไหว")
    )
    results: Mapped[list[ActionResult]] = relationship(
        back_populates="complaint", order_by="ActionResult.id", info=label("ผลการดำเนินงาน")
    )
    attachments: Mapped[list[Attachment]] = relationship(
        back_populates="complaint",
        primaryjoin="and_(Complaint.id == Attachment.complaint_id, Attachment.removed_at.is_(None))",
        order_by="Attachment.id",
        info=label("ภาพและเอกสาร"),
    )  # A removed file is kept for the record and shown nowhere.
    assignments: Mapped[list[Assignment]] = relationship(
        back_populates="complaint", order_by="Assignment.id", info=label("การมอบหมาย")
    )
    ratings: Mapped[list[Rating]] = relationship(
        back_populates="complaint", order_by="Rating.id", info=label("ความพึงพอใจ")
    )
    followers: Mapped[list[ComplaintFollower]] = relationship(
        back_populates="complaint",
        foreign_keys="ComplaintFollower.complaint_id",
        order_by="ComplaintFollower.id",
        info=label("ผู้ติดตามเรื่อง"),
    )

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.number or self.public_code


class ComplaintEvent(Base):
    """ความเคลื่อนไหว — one thing that happened to a complaint; append-only, citizens see some of it."""

    __tablename__ = "complaint_event"
    __table_args__ = (Index("ix_complaint_event_complaint", "complaint_id", "id"),)

    id: Mapped[pk]
    complaint_id: Mapped[int] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), info=label("คำร้อง")
    )
    kind: Mapped[EventKind] = mapped_column(enum_type(EventKind), info=label("เหตุการณ์"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("เมื่อ"))
    from_status: Mapped[ComplaintStatus | None] = mapped_column(
        enum_type(ComplaintStatus), info=label("จากสถานะ")
    )
    to_status: Mapped[ComplaintStatus | None] = mapped_column(
        enum_type(ComplaintStatus), info=label("เป็นสถานะ")
    )
    actor_kind: Mapped[str] = mapped_column(String(20), info=label("ผู้กระทำ"))  # staff, member, system
    staff_user_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), info=label("เจ้าหน้าที่")
    )
    actor_name: Mapped[str] = mapped_column(String(200), default="", info=label("ชื่อผู้กระทำ"))
    via: Mapped[str] = mapped_column(String(20), default="web", info=label("ผ่าน"))  # web, line, import …
    note: Mapped[str | None] = mapped_column(Text, info=label("หมายเหตุ"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("ข้อมูลประกอบ"))
    is_public: Mapped[bool_false] = mapped_column(info=label("ประชาชนเห็น"))
    before: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), info=label("ค่าก่อนหน้า", personal=True)
    )  # What the act changed in the complaint's columns, as it was: undo puts it back.
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ยกเลิกเมื่อ"))

    complaint: Mapped[Complaint] = relationship(back_populates="events", info=label("คำร้อง"))
    staff_user: Mapped[StaffUser | None] = relationship(info=label("เจ้าหน้าที่"))


class Assignment(Base):
    """การมอบหมาย — who was made responsible, when and by whom; the present one is on the complaint."""

    __tablename__ = "assignment"

    id: Mapped[pk]
    complaint_id: Mapped[int] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), index=True, info=label("คำร้อง")
    )
    assignee_id: Mapped[int] = mapped_column(
        ForeignKey("staff_user.id", ondelete="RESTRICT"), index=True, info=label("ผู้รับผิดชอบ")
    )
    department_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", ondelete="RESTRICT"), info=label("หน่วยงาน")
    )
    assigned_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), info=label("ผู้สั่งการ")
    )
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("เมื่อ"))
    note: Mapped[str | None] = mapped_column(Text, info=label("คำสั่ง"))

    complaint: Mapped[Complaint] = relationship(back_populates="assignments", info=label("คำร้อง"))
    assignee: Mapped[StaffUser] = relationship(foreign_keys=[assignee_id], info=label("ผู้รับผิดชอบ"))


class ActionResult(Base):
    """ผลการดำเนินงาน — what was done and when (000-63); a reopened complaint has several."""

    __tablename__ = "action_result"

    id: Mapped[pk]
    complaint_id: Mapped[int] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), index=True, info=label("คำร้อง")
    )
    done_date: Mapped[date] = mapped_column(info=label("วันที่ดำเนินงานแล้วเสร็จ"))  # Bangkok date.
    result_text: Mapped[str] = mapped_column(Text, info=label("ผลการดำเนินงาน"))
    outcome: Mapped[Outcome] = mapped_column(enum_type(Outcome), info=label("ผลลัพธ์"))
    recorded_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), info=label("ผู้บันทึกผล")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("บันทึกเมื่อ"))
    corrected_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("แก้ไขเมื่อ"))

    complaint: Mapped[Complaint] = relationship(back_populates="results", info=label("คำร้อง"))
    recorded_by: Mapped[StaffUser | None] = relationship(info=label("ผู้บันทึกผล"))


class Rating(Base):
    """ความพึงพอใจ — 1 to 5 with a comment, one per result, changeable for 7 days (workflow.md)."""

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("result_id"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="one_to_five"),
    )

    id: Mapped[pk]
    complaint_id: Mapped[int] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), index=True, info=label("คำร้อง")
    )
    result_id: Mapped[int] = mapped_column(
        ForeignKey("action_result.id", ondelete="CASCADE"), info=label("ผลการดำเนินงาน")
    )
    stars: Mapped[int] = mapped_column(info=label("คะแนน"))
    comment: Mapped[str | None] = mapped_column(Text, info=label("ความเห็น"))
    rated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("เมื่อ"))

    complaint: Mapped[Complaint] = relationship(back_populates="ratings", info=label("คำร้อง"))
    result: Mapped[ActionResult] = relationship(info=label("ผลการดำเนินงาน"))


class ComplaintFollower(Base):
    """ผู้ติดตามเรื่อง — a member who is told of a complaint as its complainant is; a merged case makes one."""

    __tablename__ = "complaint_follower"
    __table_args__ = (UniqueConstraint("complaint_id", "member_id"),)

    id: Mapped[pk]
    complaint_id: Mapped[int] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), info=label("คำร้อง")
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), index=True, info=label("สมาชิก")
    )
    since: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ติดตามตั้งแต่"))
    from_complaint_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaint.id", ondelete="SET NULL"), index=True, info=label("จากเรื่องที่รวมเข้ามา")
    )

    complaint: Mapped[Complaint] = relationship(
        back_populates="followers", foreign_keys=[complaint_id], info=label("คำร้อง")
    )
    member: Mapped[Member] = relationship(info=label("สมาชิก"))
