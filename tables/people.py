"""Who is who: members (citizens), their LINE accounts and consents."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, UtcDateTime, bool_false, bool_true, enum_type, label, pk
from tables.enums import ConsentPurpose, LineChannel, LineState
from tables.staff import StaffUser


class Member(Base):
    """สมาชิก/ประชาชน — a person who brings complaints; found by mobile number (000-22)."""

    __tablename__ = "member"
    __table_args__ = (Index("ix_member_name_key", "name_key", "id"),)

    id: Mapped[pk]
    phone: Mapped[str] = mapped_column(
        String(16), unique=True, info=label("โทรศัพท์", personal=True)
    )  # Plain E.164 (decisions.md 11); masked on screen.
    title: Mapped[str | None] = mapped_column(String(40), info=label("คำนำหน้า"))
    first_name: Mapped[str] = mapped_column(String(120), info=label("ชื่อ"))
    last_name: Mapped[str | None] = mapped_column(String(120), info=label("นามสกุล"))
    name_key: Mapped[str] = mapped_column(Text, default="", info=label("ลำดับชื่อ"))
    search_text: Mapped[str] = mapped_column(Text, default="", info=label("คำค้น"))
    birth_date: Mapped[date | None] = mapped_column(info=label("วันเกิด", personal=True))
    national_id_encrypted: Mapped[str | None] = mapped_column(
        Text, info=label("เลขประจำตัวประชาชน (เข้ารหัส)", personal=True)
    )
    national_id_hmac: Mapped[str | None] = mapped_column(
        String(64), unique=True, info=label("เลขประจำตัวประชาชน (ใช้ค้น)", personal=True)
    )
    national_id_last4: Mapped[str | None] = mapped_column(
        String(4), info=label("เลขบัตร 4 ตัวท้าย", personal=True)
    )
    occupation: Mapped[str | None] = mapped_column(String(160), info=label("อาชีพ/ตำแหน่ง"))
    agency: Mapped[str | None] = mapped_column(String(200), info=label("หน่วยงาน/ที่ทำงาน"))
    email: Mapped[str | None] = mapped_column(String(254), info=label("อีเมล", personal=True))
    line_id_text: Mapped[str | None] = mapped_column(String(60), info=label("Line ID", personal=True))
    house_no: Mapped[str | None] = mapped_column(String(60), info=label("บ้านเลขที่", personal=True))
    village_no: Mapped[str | None] = mapped_column(String(20), info=label("หมู่ที่"))
    soi: Mapped[str | None] = mapped_column(String(120), info=label("ซอย"))
    road: Mapped[str | None] = mapped_column(String(120), info=label("ถนน"))
    subdistrict_code: Mapped[str | None] = mapped_column(String(6), info=label("รหัสตำบล"))
    postal_code: Mapped[str | None] = mapped_column(String(5), info=label("รหัสไปรษณีย์"))
    address_text: Mapped[str] = mapped_column(
        String(400), default="", info=label("ที่อยู่")
    )  # Composed from the parts at saving, so that a list needs no geography.
    is_shared: Mapped[bool_false] = mapped_column(info=label("สมาชิกกลาง (พลเมืองดี)"))
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("member.id", ondelete="RESTRICT"), index=True, info=label("รวมกับสมาชิก")
    )  # The same person registered twice: this row is switched off, the other has his cases.
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))
    self_registered_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=label("ลงทะเบียนเองเมื่อ")
    )  # By himself: nobody has seen his card. Cleared when an officer saves the row.
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("เพิ่มเมื่อ"))
    version: Mapped[int] = mapped_column(default=1, info=label("รุ่น"))

    line_accounts: Mapped[list[LineAccount]] = relationship(back_populates="member", info=label("LINE"))
    consents: Mapped[list[Consent]] = relationship(back_populates="member", info=label("ความยินยอม"))

    __mapper_args__ = {"version_id_col": version}

    @property
    def full_name(self) -> str:
        """Return title and given name without a space between, then the family name."""
        return f"{self.title or ''}{self.first_name} {self.last_name or ''}".strip()

    def __str__(self) -> str:
        return self.full_name


class LineAccount(Base):
    """บัญชี LINE — one LINE identity on one of our two channels, belonging to a member or an officer."""

    __tablename__ = "line_account"
    __table_args__ = (
        UniqueConstraint("channel", "line_user_id"),
        CheckConstraint("member_id IS NULL OR staff_user_id IS NULL", name="one_owner"),
    )

    id: Mapped[pk]
    channel: Mapped[LineChannel] = mapped_column(enum_type(LineChannel), info=label("ช่องทาง LINE"))
    line_user_id: Mapped[str] = mapped_column(String(64), info=label("รหัสผู้ใช้ LINE", personal=True))
    state: Mapped[LineState] = mapped_column(
        enum_type(LineState), default=LineState.FRIEND, info=label("สถานะการติดต่อ")
    )
    member_id: Mapped[int | None] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), index=True, info=label("สมาชิก")
    )
    staff_user_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="CASCADE"), index=True, info=label("เจ้าหน้าที่")
    )
    language: Mapped[str] = mapped_column(String(5), default="th", info=label("ภาษา"))
    bound_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ผูกบัญชีเมื่อ"))
    state_changed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=label("สถานะเปลี่ยนเมื่อ")
    )  # The event's own time: a late follow must not undo a newer unfollow.
    display_name: Mapped[str | None] = mapped_column(String(120), info=label("ชื่อใน LINE", personal=True))
    profile_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ถามชื่อจาก LINE เมื่อ"))
    menu_id: Mapped[str | None] = mapped_column(String(80), info=label("เมนูที่ผูกไว้"))

    member: Mapped[Member | None] = relationship(back_populates="line_accounts", info=label("สมาชิก"))
    staff_user: Mapped[StaffUser | None] = relationship(back_populates="line_accounts", info=label("เจ้าหน้าที่"))

    def __str__(self) -> str:
        return f"{self.channel}:{self.id}"


class Consent(Base):
    """ความยินยอม/การรับทราบ (PDPA) — who was told or agreed to what, when, in which words."""

    __tablename__ = "consent"

    id: Mapped[pk]
    member_id: Mapped[int] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), index=True, info=label("สมาชิก")
    )
    purpose: Mapped[ConsentPurpose] = mapped_column(enum_type(ConsentPurpose), info=label("เรื่อง"))
    wording_version: Mapped[str] = mapped_column(String(40), info=label("รุ่นข้อความ"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("เมื่อ"))
    taken_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="SET NULL"), info=label("ผู้บันทึก")
    )

    member: Mapped[Member] = relationship(back_populates="consents", info=label("สมาชิก"))
