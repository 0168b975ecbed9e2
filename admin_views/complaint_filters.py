"""The filter of complaints as a page shows it: read from the address, said in chips, offered in a form.

The list, the map and the report share it. The address is the state: a link opens the same view for a
colleague. What an address says and nobody understands is named on the page, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug import Response

from admin_views.guard import language
from domain.actor import Actor
from domain.clock import fiscal_year_of, today
from domain.complaint_filter import (
    DATE_KEYS,
    KEYS,
    MEMBER_KEYS,
    NONE_WORD,
    ROW_KEYS,
    ComplaintFilter,
    Unread,
    read_filter,
    words_of,
)
from domain.errors import InvalidField
from domain.labels import word
from domain.lookups import Lookups, Row
from domain.thai_dates import parse_thai_date, thai_date
from models import StatusKind

OWN_KEYS: Final = frozenset({"page", "sort", "panel", "lang"})
YEARS_OFFERED: Final = 6
MOST_PROBLEMS: Final = 10

LABELS: Final[dict[str, Any]] = {
    "search": _l("ค้นหา"),
    "status": _l("สถานะ"),
    "state": _l("กลุ่มสถานะ"),
    "figure": _l("กลุ่มตัวเลข"),
    "urgency": _l("ความเร่งด่วน"),
    "zone": _l("เขต"),
    "community": _l("ชุมชน"),
    "category": _l("ตัวย่อ"),
    "subcategory": _l("ตัวย่อย่อย"),
    "department": _l("หน่วยงาน"),
    "officer": _l("ผู้รับผิดชอบ"),
    "channel": _l("ช่องทาง"),
    "year": _l("ปีงบประมาณ"),
    "received_from": _l("รับเรื่องตั้งแต่"),
    "received_to": _l("รับเรื่องถึง"),
    "date": _l("วันที่รับเรื่อง"),
    "due": _l("กำหนดแล้วเสร็จ"),
    "place": _l("สถานที่"),
    "outcome": _l("ผลลัพธ์"),
    "stars": _l("คะแนนล่าสุด"),
    "promise": _l("กำหนดเวลา"),
    "history": _l("ประวัติเรื่อง"),
}
WORDS: Final[dict[str, dict[str, Any]]] = {
    "due": {
        "overdue": _l("เกินกำหนด"),
        "today": _l("ครบกำหนดวันนี้"),
        "soon": _l("ครบกำหนดใน 2 วัน"),
        "week": _l("ครบกำหนดใน 7 วัน หลังวันนี้"),
    },
    "place": {"outside": _l("นอกเขตเทศบาล")},
    "date": {"unknown": _l("ไม่ทราบ")},
    "promise": {"kept": _l("เสร็จทันกำหนด"), "broken": _l("เสร็จเกินกำหนด")},
    "history": {"reopened": _l("เคยเปิดเรื่องอีกครั้ง"), "confirmed": _l("ผู้ร้องยืนยันว่าเรียบร้อย")},
}
PANEL_KEYS: Final = (
    *("status", "zone", "community", "category", "subcategory", "department"),
    *("officer", "channel", "urgency", "year", "received_from", "received_to", "due", "place"),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition as a sentence: ``เขต: 1, 3``."""

    key: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for.

    Attributes:
        chosen: The filter.
        args: The values understood, by key.
        chips: The same in words.
        problems: Sentences about what was not understood.
    """

    chosen: ComplaintFilter
    args: Mapping[str, list[str]]
    chips: list[Chip]
    problems: list[str]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return (name, words) of each condition, for files and the audit log."""
        return [(chip.label, chip.words) for chip in self.chips]

    def url_args(self) -> dict[str, str]:
        """Return the conditions as arguments of an address."""
        return {key: ",".join(words) for key, words in self.args.items()}


def asked_filter(actor: Actor, lookups: Lookups, own_keys: Iterable[str] = OWN_KEYS) -> Asked:
    """Read the filter of this request's address.

    Args:
        actor: Whom ``me`` means.
        lookups: Names behind codes.
        own_keys: Arguments of the page itself, which are no conditions.
    """
    given = {key: request.args.getlist(key) for key in KEYS if key in request.args}
    chosen, unread = read_filter(given, lookups, actor)
    problems = [_problem(missed) for missed in unread[:MOST_PROBLEMS]]
    strange = [key for key in request.args if key not in KEYS and key not in set(own_keys)]
    problems += [_("ไม่รู้จักเงื่อนไข “%(key)s” จึงไม่ได้ใช้", key=key[:60]) for key in strange[:MOST_PROBLEMS]]
    if chosen.received_from and chosen.received_to and chosen.received_from > chosen.received_to:
        problems.append(InvalidField("date_range_reversed").message_in(language()))
    missed = {(one.key, one.value) for one in unread}
    args = {
        key: words
        for key, texts in given.items()
        if (words := [word for word in words_of(key, texts) if (key, word) not in missed])
    }
    chips = [Chip(key, str(LABELS[key]), _said(key, args[key], lookups)) for key in LABELS if key in args]
    return Asked(chosen, args, chips, problems)


def _problem(missed: Unread) -> str:
    return f"{LABELS[missed.key]}: {missed.error.message_in(language())}"


def tidied() -> Response | None:
    """Return a redirect to the plain form of this address, or None where it has that form.

    A form without script sends every field, the empty ones too, and each choice by itself.
    """
    tidy: dict[str, str] = {}
    for key, texts in request.args.lists():
        value = ",".join(words_of(key, texts)) if key in KEYS else (texts[0] if texts else "")
        if value:
            tidy[key] = value
    if tidy == request.args.to_dict(flat=True) and all(len(texts) == 1 for _k, texts in request.args.lists()):
        return None
    return redirect(url_for(request.endpoint or "", **tidy))


def _said(key: str, words: Iterable[str], lookups: Lookups) -> str:
    return ", ".join(_said_word(key, text, lookups) for text in words)


def _said_word(key: str, text: str, lookups: Lookups) -> str:
    if key in ROW_KEYS:
        return _said_row(key, text, lookups)
    if key in MEMBER_KEYS:
        return word(MEMBER_KEYS[key](text), language())
    if key == "state":
        return word(StatusKind(text), language())
    if key in DATE_KEYS:
        return thai_date(parse_thai_date(text, field=key), lang=language())
    return str(WORDS[key][text]) if key in WORDS else text


def _said_row(key: str, code: str, lookups: Lookups) -> str:
    if code == NONE_WORD:
        return _("ไม่ระบุ")
    if key == "officer" and code == "me":
        return _("ฉัน")
    rows: Mapping[int, Row] = getattr(lookups, ROW_KEYS[key])
    row = next(row for row in rows.values() if row.code == code)
    return shown_name(key, row)


def shown_name(key: str, row: Row) -> str:
    """Return a row's name as it stands behind its label: ``เขต: 1``, ``ตัวย่อ: ช. งานถนน``."""
    name = row.word(language())
    if key in {"category", "subcategory"}:
        return f"{row.code} {name}"
    return name.removeprefix(f"{LABELS[key]} ") if key == "zone" else name


# The form ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the filter form: ``many`` and ``one`` choose from options, ``day`` is typed."""

    name: str
    label: str
    kind: str
    options: list[tuple[str, str, bool]]
    value: str = ""


def filter_form(
    asked: Asked, actor: Actor, lookups: Lookups, keys: Iterable[str] = PANEL_KEYS
) -> list[Field]:
    """Return the fields of the filter form with what is chosen now."""
    return [_field(key, asked, actor, lookups) for key in keys]


def _field(key: str, asked: Asked, actor: Actor, lookups: Lookups) -> Field:
    words = asked.args.get(key, [])
    if key in DATE_KEYS:
        day: date | None = getattr(asked.chosen, key)
        return Field(key, str(LABELS[key]), "day", [], thai_date(day, "digits") if day else "")
    offered = _offered(key, actor, lookups)
    known = {code for code, _words in offered}
    offered += [(code, _said_word(key, code, lookups)) for code in words if code not in known]
    kind = "many" if key in ROW_KEYS or key in MEMBER_KEYS or len(words) > 1 else "one"
    return Field(key, str(LABELS[key]), kind, [(code, text, code in words) for code, text in offered])


def _offered(key: str, actor: Actor, lookups: Lookups) -> list[tuple[str, str]]:
    if key in MEMBER_KEYS:
        return [(member.value, word(member, language())) for member in MEMBER_KEYS[key]]
    if key == "year":
        newest = fiscal_year_of(today())
        return [(str(year), str(year)) for year in range(newest, newest - YEARS_OFFERED, -1)]
    if key in WORDS:
        return [(code, str(text)) for code, text in WORDS[key].items()]
    rows: list[Row] = list(getattr(lookups, ROW_KEYS[key]).values())
    if key == "subcategory":
        order = list(lookups.categories)
        rows.sort(key=lambda row: order.index(row.parent_id) if row.parent_id in order else len(order))
    offered = [(row.code, shown_name(key, row)) for row in rows if row.is_active]
    return [("me", _("ฉัน")), *offered] if key == "officer" and actor.staff_user_id else offered


def presets() -> list[tuple[str, dict[str, str | None]]]:
    """Return the spans of time people ask for most, as (words, changes of the address)."""
    day = today()
    empty: dict[str, str | None] = dict.fromkeys(("received_from", "received_to", "year", "date", "page"))
    spans: list[tuple[str, dict[str, str | None]]] = [
        (_("วันนี้"), {"received_from": day.isoformat(), "received_to": day.isoformat()}),
        (_("7 วัน"), {"received_from": (day - timedelta(days=6)).isoformat()}),
        (_("เดือนนี้"), {"received_from": day.replace(day=1).isoformat()}),
        (_("ปีงบประมาณ %(year)s", year=fiscal_year_of(day)), {"year": str(fiscal_year_of(day))}),
    ]
    return [(words, empty | changes) for words, changes in spans]
