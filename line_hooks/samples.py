"""An invented case for looking at message templates: what a card says when every fact is there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final, cast

from domain.clock import now, to_bangkok
from domain.labels import citizen_word, word
from domain.notifications import citizen_steps
from domain.thai_calendar import thai_date
from line_hooks.facts import CardFacts
from models import Complaint, ComplaintStatus

_S = ComplaintStatus
_STATES: Final = {
    "citizen_submitted": _S.SUBMITTED,
    "citizen_registered": _S.ACCEPTED,
    "citizen_accepted": _S.ACCEPTED,
    "citizen_directed": _S.DIRECTED,
    "citizen_acknowledged": _S.ACKNOWLEDGED,
    "citizen_result": _S.RESOLVED,
    "citizen_rejected": _S.REJECTED,
    "citizen_question": _S.AWAITING_CITIZEN,
    "citizen_answer_reminder": _S.AWAITING_CITIZEN,
    "citizen_on_plan": _S.AWAITING_PLAN,
    "citizen_referred": _S.REFERRED_OUT,
    "citizen_corrected": _S.RESOLVED,
    "citizen_closing_soon": _S.RESOLVED,
    "citizen_merged": _S.DUPLICATE,
    "citizen_lapsed": _S.CLOSED,
    "staff_new_complaint": _S.SUBMITTED,
    "staff_directed": _S.DIRECTED,
    "staff_result": _S.RESOLVED,
    "staff_rated": _S.RESOLVED,
    "staff_withdrawn": _S.WITHDRAWN,
}
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "kind_word": ("เรื่องร้องทุกข์", "Complaint"),
    "subtype_name": ("ไฟฟ้าสาธารณะดับ", "Street light out"),
    "place": ("หน้าโรงเรียนตัวอย่าง", "In front of the sample school"),
    "zone": ("เขต 3", "Zone 3"),
    "community": ("ชุมชนตัวอย่าง", "Sample community"),
    "story_short": ("ไฟดับสองดวงมาสามคืน ทางเดินมืดมาก", "Two lamps out for three nights, the path is dark"),
    "promised_text": ("1–3 วันทำการ", "1-3 working days"),
    "department": ("สำนักช่าง", "Public works"),
    "officer_name": ("นายตัวอย่าง ใจดี", "Mr Sample Jaidee"),
    "result_text": ("เปลี่ยนหลอดไฟแล้วสองดวง", "Both lamps were replaced"),
    "outcome_word": ("แก้ไขแล้ว", "Fixed"),
    "reason": ("รออะไหล่จากผู้ผลิต", "Waiting for a spare part"),
    "comment": ("ขอบคุณที่มาเร็ว", "Thank you for coming so soon"),
    "summary": ("ต้องรับทราบ: 2\nใกล้ครบกำหนด: 1", "To acknowledge: 2\nDue soon: 1"),
}
_COUNTS: Final = ((("ต้องรับทราบ", "To acknowledge"), 2), (("ใกล้ครบกำหนด", "Due soon"), 1))
_POSTBACKS: Final = {
    "citizen_result_card": tuple(f"rate_{score}" for score in range(1, 6)),
    "staff_order_card": ("acknowledge", "result"),
    "staff_note_card": ("case", "give_time", "refuse_time"),
}
_LINKS: Final = ("track_url", "add_url", "reopen_url", "admin_url", "result_url", "map_url", "list_url")


def sample_facts(template_key: str, language: str, municipality: str, contact_phone: str) -> CardFacts:
    """Return the facts of an invented case, in the state the message speaks of.

    Args:
        template_key: Of the message.
        language: ``th`` or ``en``: of the template's row, not of whoever looks.
        municipality: The town's own name.
        contact_phone: Its number for questions, as people write it.
    """
    column = 1 if language == "en" else 0
    status = _STATES.get(template_key, _S.IN_PROGRESS)
    is_citizen = template_key.startswith("citizen_")
    day = thai_date(to_bangkok(now()).date(), "long", lang=language)
    facts: dict[str, Any] = {name: texts[column] for name, texts in _TEXTS.items()}
    facts |= {
        "number": "อส. 56/2569",
        "public_code": "2026-14",
        "state_code": status.value,
        "state_word": citizen_word(status, language) if is_citizen else word(status, language),
        "due_text": day,
        "done_date_text": day,
        "municipality": municipality,
        "contact_phone": contact_phone or "0 4300 0000",
        "stars": 5,
        "steps": citizen_steps(cast("Complaint", SimpleNamespace(status=status)), language),
        "counts": [{"word": words[column], "count": count} for words, count in _COUNTS],
        "cases": [{"number": "อส. 56/2569", "what": _TEXTS["subtype_name"][column], "due": day}],
        **dict.fromkeys(_LINKS, "https://example.go.th/"),
    }
    return cast("CardFacts", facts)


def sample_postbacks(layout: str) -> dict[str, str]:
    """Return a button's data for each button the layout offers; nobody can press them."""
    return dict.fromkeys(_POSTBACKS.get(layout, ()), "sample")
