"""What complaints are about and how they come in: main types, subtypes, channels, the import map."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, bool_false, bool_true, enum_type, int_zero, label, pk
from tables.enums import ChannelGroup, DurationUnit
from tables.organisation import Department


class Category(Base):
    """ตัวย่อ (ประเภทหลัก) — its code heads the complaint number; a department may hold several."""

    __tablename__ = "category"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(30), unique=True, info=label("ตัวย่อ"))
    name: Mapped[str] = mapped_column(String(160), info=label("ชื่อประเภทหลัก"))
    name_en: Mapped[str | None] = mapped_column(String(160), info=label("ชื่ออังกฤษ"))
    department_id: Mapped[int] = mapped_column(
        ForeignKey("department.id", ondelete="RESTRICT"), index=True, info=label("หน่วยงาน")
    )
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))
    sort_order: Mapped[int_zero] = mapped_column(info=label("ลำดับ"))

    department: Mapped[Department] = relationship(info=label("หน่วยงาน"))
    subcategories: Mapped[list[Subcategory]] = relationship(back_populates="category", info=label("ตัวย่อย่อย"))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Subcategory(Base):
    """ตัวย่อย่อย — e.g. อส.(3) ขยะตกค้าง, with its promised time as a range (000-56)."""

    __tablename__ = "subcategory"
    __table_args__ = (
        CheckConstraint(
            "duration_min IS NULL OR duration_max IS NULL OR duration_min <= duration_max", name="range"
        ),
    )

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(30), unique=True, info=label("รหัส"))
    name: Mapped[str] = mapped_column(String(200), info=label("ชื่อประเภทย่อย"))
    name_en: Mapped[str | None] = mapped_column(String(200), info=label("ชื่ออังกฤษ"))
    category_id: Mapped[int] = mapped_column(
        ForeignKey("category.id", ondelete="RESTRICT"), index=True, info=label("ตัวย่อ")
    )
    duration_min: Mapped[int | None] = mapped_column(info=label("ระยะเวลาอย่างเร็ว"))
    duration_max: Mapped[int | None] = mapped_column(info=label("ระยะเวลาอย่างช้า"))
    duration_unit: Mapped[DurationUnit] = mapped_column(
        enum_type(DurationUnit), default=DurationUnit.WORKING_DAYS, info=label("หน่วยเวลา")
    )
    needs_photo: Mapped[bool_false] = mapped_column(info=label("ต้องมีภาพหลังดำเนินการ"))
    nearby_radius_m: Mapped[int | None] = mapped_column(info=label("รัศมีเรื่องใกล้เคียง (เมตร)"))
    season_from: Mapped[int | None] = mapped_column(info=label("ฤดูกาลตั้งแต่เดือน"))  # 1 = January
    season_to: Mapped[int | None] = mapped_column(info=label("ฤดูกาลถึงเดือน"))  # may lie before season_from
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))
    sort_order: Mapped[int_zero] = mapped_column(info=label("ลำดับ"))

    category: Mapped[Category] = relationship(back_populates="subcategories", info=label("ตัวย่อ"))

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Channel(Base):
    """ช่องทางการแจ้ง — a row under one of the five fixed groups (000-32)."""

    __tablename__ = "channel"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(30), unique=True, info=label("รหัส"))
    name: Mapped[str] = mapped_column(String(160), info=label("ชื่อช่องทาง"))
    name_en: Mapped[str | None] = mapped_column(String(160), info=label("ชื่ออังกฤษ"))
    channel_group: Mapped[ChannelGroup] = mapped_column(enum_type(ChannelGroup), info=label("กลุ่มช่องทาง"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))
    sort_order: Mapped[int_zero] = mapped_column(info=label("ลำดับ"))

    def __str__(self) -> str:
        return self.name


class ImportMapping(Base):
    """ตารางแปลงคำนำเข้า — what a word of another system means here; an empty target means "skip"."""

    __tablename__ = "import_mapping"
    __table_args__ = (UniqueConstraint("source", "field", "external_label"),)

    id: Mapped[pk]
    source: Mapped[str] = mapped_column(String(40), info=label("ระบบต้นทาง"))
    field: Mapped[str] = mapped_column(String(20), info=label("ช่องข้อมูล"))  # category or state
    external_label: Mapped[str] = mapped_column(String(160), info=label("คำในระบบต้นทาง"))
    target_code: Mapped[str | None] = mapped_column(String(40), info=label("รหัสในระบบนี้"))

    def __str__(self) -> str:
        return f"{self.external_label} → {self.target_code or '–'}"
