"""How many complaints there are, counted already: kept by triggers in the transaction of each change.

A change of a complaint adds rows to ``CaseChange``; the worker folds them into the other two now and then.
A figure is the sum over both, so it is right at every moment and nobody waits for anybody (ADR 27).
Ids have no foreign keys: 0 stands for an empty field.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tables.base import Base, enum_type, label, pk
from tables.enums import Figure
from tables.paper_enums import CountedPart


class Measures:
    """What is counted, per group; all whole numbers that add up."""

    cases: Mapped[int] = mapped_column(info=label("เรื่อง"))
    fixed: Mapped[int] = mapped_column(info=label("แก้ไขได้"))
    reopened: Mapped[int] = mapped_column(info=label("เปิดใหม่อย่างน้อยหนึ่งครั้ง"))
    confirmed: Mapped[int] = mapped_column(info=label("ผู้ร้องยืนยัน"))
    promised: Mapped[int] = mapped_column(info=label("แล้วเสร็จที่มีกำหนด"))
    in_time: Mapped[int] = mapped_column(info=label("แล้วเสร็จในกำหนด"))
    took_minutes: Mapped[int] = mapped_column(BigInteger, info=label("นาทีตั้งแต่รับถึงแล้วเสร็จ"))
    stars_1: Mapped[int] = mapped_column(info=label("1 ดาว"))
    stars_2: Mapped[int] = mapped_column(info=label("2 ดาว"))
    stars_3: Mapped[int] = mapped_column(info=label("3 ดาว"))
    stars_4: Mapped[int] = mapped_column(info=label("4 ดาว"))
    stars_5: Mapped[int] = mapped_column(info=label("5 ดาว"))


class CaseCount(Measures, Base):
    """ยอดนับเรื่อง — per month of receipt, department, main type, zone and figure."""

    __tablename__ = "case_count"

    month: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=label("เดือน")
    )  # 202610 by the Christian year and Bangkok's calendar; 0: nobody knows the date.
    department_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=label("หน่วยงาน"))
    category_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=label("ตัวย่อ"))
    zone_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=label("เขต"))
    figure: Mapped[Figure] = mapped_column(enum_type(Figure), primary_key=True, info=label("กลุ่มตัวเลข"))


class CasePartCount(Measures, Base):
    """ยอดนับเรื่องตามรายการ — per month, department, figure and one of subtype, community, channel."""

    __tablename__ = "case_part_count"

    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=label("เดือน"))
    part: Mapped[CountedPart] = mapped_column(enum_type(CountedPart), primary_key=True, info=label("แบ่งตาม"))
    part_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=label("รายการ"))
    department_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=label("หน่วยงาน"))
    figure: Mapped[Figure] = mapped_column(enum_type(Figure), primary_key=True, info=label("กลุ่มตัวเลข"))


class CaseChange(Measures, Base):
    """ความเปลี่ยนแปลงของยอด — what a change of one complaint takes away (negative) and adds."""

    __tablename__ = "case_change"
    __table_args__ = (Index("ix_case_change_fold", "fold"),)

    id: Mapped[pk]
    month: Mapped[int] = mapped_column(info=label("เดือน"))
    department_id: Mapped[int] = mapped_column(info=label("หน่วยงาน"))
    category_id: Mapped[int] = mapped_column(info=label("ตัวย่อ"))
    subcategory_id: Mapped[int] = mapped_column(info=label("ตัวย่อย่อย"))
    zone_id: Mapped[int] = mapped_column(info=label("เขต"))
    community_id: Mapped[int] = mapped_column(info=label("ชุมชน"))
    channel_id: Mapped[int] = mapped_column(info=label("ช่องทาง"))
    figure: Mapped[Figure] = mapped_column(enum_type(Figure), info=label("กลุ่มตัวเลข"))
    fold: Mapped[str | None] = mapped_column(
        String(36), info=label("กำลังรวมยอด")
    )  # Marks what one run of folding takes, so that rows written meanwhile are left for the next.
