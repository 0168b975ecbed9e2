"""The municipality's own structure: departments, days off and the number series."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, bool_false, bool_true, enum_type, int_zero, label, pk
from tables.enums import DepartmentKind, HolidayKind


class Department(Base):
    """สำนัก/กอง/ฝ่าย/งาน — a part of the municipality; parts hang below one another."""

    __tablename__ = "department"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(30), unique=True, info=label("รหัส"))
    name: Mapped[str] = mapped_column(String(160), info=label("ชื่อหน่วยงาน"))
    name_en: Mapped[str | None] = mapped_column(String(160), info=label("ชื่ออังกฤษ"))
    short_name: Mapped[str | None] = mapped_column(String(60), info=label("ชื่อย่อ"))
    kind: Mapped[DepartmentKind] = mapped_column(
        enum_type(DepartmentKind), default=DepartmentKind.BUREAU, info=label("ระดับ")
    )
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", ondelete="RESTRICT"), index=True, info=label("สังกัด")
    )
    phone: Mapped[str | None] = mapped_column(String(60), info=label("โทรศัพท์"))
    is_intake_centre: Mapped[bool_false] = mapped_column(info=label("หน่วยรับเรื่องกลาง"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))
    sort_order: Mapped[int_zero] = mapped_column(info=label("ลำดับ"))

    parent: Mapped[Department | None] = relationship(
        remote_side="Department.id", back_populates="children", info=label("สังกัด")
    )
    children: Mapped[list[Department]] = relationship(back_populates="parent", info=label("หน่วยงานย่อย"))

    def __str__(self) -> str:
        return self.name


class Holiday(Base):
    """วันหยุดราชการ — a Bangkok date with other office hours than its weekday: mostly closed all day.

    With both times it is open between them: half a day off, or a Saturday worked instead of another day.
    """

    __tablename__ = "holiday"

    id: Mapped[pk]
    holiday_date: Mapped[date] = mapped_column(unique=True, info=label("วันที่"))
    name: Mapped[str] = mapped_column(String(160), info=label("ชื่อวันหยุด"))
    kind: Mapped[HolidayKind] = mapped_column(
        enum_type(HolidayKind),
        default=HolidayKind.NATIONAL,
        server_default=HolidayKind.NATIONAL.value,
        info=label("ชนิดวันหยุด"),
    )
    opens_at: Mapped[str | None] = mapped_column(String(5), info=label("เปิดตั้งแต่"))  # "08:30", Bangkok
    closes_at: Mapped[str | None] = mapped_column(String(5), info=label("เปิดถึง"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))

    def __str__(self) -> str:
        return self.name


class NumberSeries(Base):
    """ชุดเลขที่ — the last number given out for one code and year; gap-free (decisions.md 13)."""

    __tablename__ = "number_series"
    __table_args__ = (UniqueConstraint("code", "year"),)

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(30), info=label("ตัวย่อ"))
    year: Mapped[int] = mapped_column(info=label("ปี"))
    last_number: Mapped[int] = mapped_column(info=label("เลขล่าสุด"))

    def __str__(self) -> str:
        return f"{self.code} {self.year}"
