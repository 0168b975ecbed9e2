"""Officers and what they may do: accounts, roles, sessions, sign-in attempts, one-time links."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, UtcDateTime, bool_false, bool_true, enum_type, label, pk
from tables.enums import LinkPurpose, Scope
from tables.organisation import Department

if TYPE_CHECKING:
    from tables.people import LineAccount

staff_role = Table(
    "staff_role",
    Base.metadata,
    Column("staff_user_id", ForeignKey("staff_user.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id", ondelete="RESTRICT"), primary_key=True, index=True),
)


class Role(Base):
    """บทบาท — a named set of grants; code asks for a permission, never for a role."""

    __tablename__ = "role"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(40), unique=True, info=label("รหัส"))
    name: Mapped[str] = mapped_column(String(120), info=label("ชื่อบทบาท"))
    name_en: Mapped[str | None] = mapped_column(String(120), info=label("ชื่ออังกฤษ"))
    description: Mapped[str | None] = mapped_column(String(400), info=label("คำอธิบาย"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))

    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="role", cascade="all, delete-orphan", info=label("สิทธิ์")
    )
    staff_users: Mapped[list[StaffUser]] = relationship(
        secondary=staff_role, back_populates="roles", info=label("เจ้าหน้าที่")
    )

    def __str__(self) -> str:
        return self.name


class RoleGrant(Base):
    """สิทธิ์ในบทบาท — one permission and how far it reaches."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("role_id", "permission"),)

    id: Mapped[pk]
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id", ondelete="CASCADE"), info=label("บทบาท"))
    permission: Mapped[str] = mapped_column(String(60), info=label("สิทธิ์"))
    scope: Mapped[Scope] = mapped_column(enum_type(Scope), default=Scope.ALL, info=label("ขอบเขต"))

    role: Mapped[Role] = relationship(back_populates="grants", info=label("บทบาท"))

    def __str__(self) -> str:
        return f"{self.permission} ({self.scope})"


class StaffUser(Base):
    """เจ้าหน้าที่ — signs in to the back office; may be responsible for complaints."""

    __tablename__ = "staff_user"

    id: Mapped[pk]
    username: Mapped[str] = mapped_column(String(40), unique=True, info=label("ชื่อผู้ใช้"))
    title: Mapped[str | None] = mapped_column(String(40), info=label("คำนำหน้า"))
    first_name: Mapped[str] = mapped_column(String(120), info=label("ชื่อ"))
    last_name: Mapped[str | None] = mapped_column(String(120), info=label("นามสกุล"))
    position: Mapped[str | None] = mapped_column(String(160), info=label("ตำแหน่ง"))
    email: Mapped[str | None] = mapped_column(String(254), info=label("อีเมล"))
    phone: Mapped[str | None] = mapped_column(String(16), info=label("โทรศัพท์"))
    department_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", ondelete="RESTRICT"), index=True, info=label("หน่วยงาน")
    )
    password_hash: Mapped[str | None] = mapped_column(String(200), info=label("รหัสผ่าน (แฮช)", secret=True))
    totp_secret_encrypted: Mapped[str | None] = mapped_column(
        String(300), info=label("กุญแจยืนยันสองชั้น", secret=True)
    )
    totp_last_step: Mapped[int | None] = mapped_column(info=label("รหัสสองชั้นล่าสุด", secret=True))
    recovery_hashes: Mapped[list[str]] = mapped_column(
        JSON, default=list, info=label("รหัสสำรอง (แฮช)", secret=True)
    )
    language: Mapped[str] = mapped_column(String(5), default="th", info=label("ภาษา"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))
    must_change_password: Mapped[bool_false] = mapped_column(info=label("ต้องเปลี่ยนรหัสผ่าน"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("สร้างเมื่อ"))

    department: Mapped[Department | None] = relationship(info=label("หน่วยงาน"))
    roles: Mapped[list[Role]] = relationship(
        secondary=staff_role, back_populates="staff_users", info=label("บทบาท")
    )
    line_accounts: Mapped[list[LineAccount]] = relationship(back_populates="staff_user", info=label("LINE"))

    @property
    def full_name(self) -> str:
        """Return title and given name without a space between, then the family name."""
        return f"{self.title or ''}{self.first_name} {self.last_name or ''}".strip()

    def __str__(self) -> str:
        return self.full_name


class UserSession(Base):
    """การเข้าใช้งาน — one sign-in; ending the row ends the session, whatever cookie was copied."""

    __tablename__ = "user_session"

    id: Mapped[pk]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=label("แฮชของกุญแจ", secret=True))
    staff_user_id: Mapped[int] = mapped_column(
        ForeignKey("staff_user.id", ondelete="CASCADE"), index=True, info=label("เจ้าหน้าที่")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("เข้าเมื่อ"))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ใช้ล่าสุด"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ออกเมื่อ"))
    ip_address: Mapped[str | None] = mapped_column(String(45), info=label("ไอพี"))
    user_agent: Mapped[str | None] = mapped_column(String(300), info=label("เบราว์เซอร์"))

    staff_user: Mapped[StaffUser] = relationship(info=label("เจ้าหน้าที่"))


class AuthAttempt(Base):
    """การพยายามเข้าระบบ — counted per address and per account, to slow down guessing."""

    __tablename__ = "auth_attempt"
    __table_args__ = (Index("ix_auth_attempt_window", "purpose", "key", "at"),)

    id: Mapped[pk]
    purpose: Mapped[str] = mapped_column(String(30), info=label("ประตู"))
    key: Mapped[str] = mapped_column(String(120), info=label("กุญแจนับ"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("เมื่อ"))


class AccountLink(Base):
    """ลิงก์ใช้ครั้งเดียว — first administrator, invitation, reset, or a phone to link; only its hash is stored."""

    __tablename__ = "account_link"

    id: Mapped[pk]
    purpose: Mapped[LinkPurpose] = mapped_column(enum_type(LinkPurpose), info=label("ใช้สำหรับ"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=label("แฮชของลิงก์", secret=True))
    staff_user_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_user.id", ondelete="CASCADE"), index=True, info=label("เจ้าหน้าที่")
    )
    member_id: Mapped[int | None] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), index=True, info=label("สมาชิก")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("ออกเมื่อ"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("หมดอายุ"))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ใช้เมื่อ"))

    staff_user: Mapped[StaffUser | None] = relationship(info=label("เจ้าหน้าที่"))
