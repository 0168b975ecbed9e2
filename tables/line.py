"""LINE on our side: how each channel is connected, what was sent a day, the menus under the chat."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tables.base import Base, UtcDateTime, enum_type, int_zero, label, pk
from tables.enums import LineChannel, RichMenuKind


class LineConnection(Base):
    """การเชื่อมต่อ LINE — the values of one channel, who LINE says it is, and how its last test went."""

    __tablename__ = "line_connection"

    channel: Mapped[LineChannel] = mapped_column(
        enum_type(LineChannel), primary_key=True, info=label("ช่องทาง LINE")
    )
    token: Mapped[str | None] = mapped_column(String(1000), info=label("Channel access token", secret=True))
    secret: Mapped[str | None] = mapped_column(String(400), info=label("Channel secret", secret=True))
    previous_secret: Mapped[str | None] = mapped_column(
        String(400), info=label("Channel secret เดิม", secret=True)
    )
    previous_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ใช้ secret เดิมได้ถึง"))
    bot_user_id: Mapped[str | None] = mapped_column(String(64), info=label("รหัสบัญชี LINE"))
    basic_id: Mapped[str | None] = mapped_column(String(64), info=label("LINE ID ของบัญชี"))
    display_name: Mapped[str | None] = mapped_column(String(120), info=label("ชื่อบัญชี"))
    test_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("สั่งทดสอบเมื่อ"))
    tested_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ทดสอบเมื่อ"))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, info=label("ผลทดสอบ"))
    quota_limit: Mapped[int | None] = mapped_column(info=label("โควตาต่อเดือน"))
    quota_used: Mapped[int | None] = mapped_column(info=label("ใช้ไปแล้ว"))
    quota_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("อ่านโควตาเมื่อ"))
    quota_warned_on: Mapped[date | None] = mapped_column(info=label("เตือนโควตาของเดือน"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("แก้ไขเมื่อ"))

    def __str__(self) -> str:
        return self.display_name or self.channel.value


class LineUsage(Base):
    """ข้อความ LINE ต่อวัน — what LINE accepted of ours on one day of its own calendar (UTC+9)."""

    __tablename__ = "line_usage"

    channel: Mapped[LineChannel] = mapped_column(
        enum_type(LineChannel), primary_key=True, info=label("ช่องทาง LINE")
    )
    day: Mapped[date] = mapped_column(primary_key=True, info=label("วัน"))
    pushes: Mapped[int_zero] = mapped_column(info=label("ส่งโดยใช้โควตา"))
    replies: Mapped[int_zero] = mapped_column(info=label("ตอบฟรี"))
    merged: Mapped[int_zero] = mapped_column(info=label("รวมไปกับข้อความอื่น"))


class RichMenu(Base):
    """เมนูท้ายแชต — one menu as it was laid at LINE; a changed picture or target makes a new one."""

    __tablename__ = "rich_menu"
    __table_args__ = (Index("ix_rich_menu_kind", "channel", "kind", "id"),)

    id: Mapped[pk]
    channel: Mapped[LineChannel] = mapped_column(enum_type(LineChannel), info=label("ช่องทาง LINE"))
    kind: Mapped[RichMenuKind] = mapped_column(enum_type(RichMenuKind), info=label("เมนูของ"))
    content_hash: Mapped[str] = mapped_column(String(64), info=label("ลายนิ้วมือเนื้อหา"))
    line_menu_id: Mapped[str | None] = mapped_column(String(80), info=label("รหัสเมนูที่ LINE"))
    picture_key: Mapped[str | None] = mapped_column(String(160), info=label("ภาพ", secret=True))
    areas: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, info=label("ช่อง"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=label("สร้างเมื่อ"))
    laid_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("ขึ้น LINE เมื่อ"))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=label("เลิกใช้เมื่อ"))

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"
