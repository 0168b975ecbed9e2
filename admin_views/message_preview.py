"""A message as it will look on a phone, drawn from words that need not be kept yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from admin_views.identity import current_lookups
from domain.message_priority import priority_of
from domain.phones import readable_phone
from line_hooks.flex_view import Node, quick_replies_of, view_of
from line_hooks.limits import CardProblem
from line_hooks.messages import LAYOUTS, build
from line_hooks.samples import sample_facts, sample_postbacks
from models import MessagePriority, MessageTemplate


@dataclass(frozen=True, slots=True)
class Preview:
    """What the phone shows.

    Attributes:
        cards: The messages as they can be drawn; empty when the words do not work yet.
        replies: Quick replies below the last one.
        lock_screen: What stands on a locked phone.
        why_not: Why nothing can be drawn.
    """

    cards: list[Node]
    replies: list[Node]
    lock_screen: str
    why_not: str = ""


def preview_of(template: MessageTemplate, words: Mapping[str, str]) -> Preview:
    """Return how a template with these words looks for an invented case."""
    lookups = current_lookups()
    name = "municipality_name_en" if template.language == "en" else "municipality_name"
    town, phone = (str(lookups.setting(key, "") or "") for key in (name, "contact_phone"))
    facts = sample_facts(template.key, template.language, town, readable_phone(phone))
    needed = LAYOUTS[template.layout].needs
    filled = {key: text for key, text in words.items() if text or key in needed}
    try:
        messages = build(template.layout, filled, facts, sample_postbacks(template.layout))
    except CardProblem:
        return Preview([], [], "", _("ยังวาดไม่ได้ กรุณาแก้ถ้อยคำตามที่บอกไว้ข้างช่อง"))
    last = messages[-1]
    lock_screen = str(last.get("altText") or last.get("text") or "")
    return Preview([view_of(one) for one in messages], quick_replies_of(last), lock_screen)


def priority_words(template_key: str) -> str:
    """Return whether a message may wait, as a sentence."""
    if priority_of(template_key) is MessagePriority.ROUTINE:
        return _("ข้อความทั่วไป: รอรวมกับข้อความอื่นถึงคนเดียวกัน งดส่งกลางคืน และรอเมื่อโควตาใกล้หมด")
    return _("ข้อความสำคัญ: ส่งทันทีเสมอ กลางคืนส่งโดยไม่มีเสียง")
