"""How values look in lists and on detail pages: Buddhist dates, codes in words, people masked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from admin_views.guard import language
from domain.labels import word
from domain.national_id import mask_national_id
from domain.phones import format_phone, mask_phone
from domain.reachability import Reach, reach_of, reach_words
from domain.thai_dates import thai_date, thai_datetime
from domain.thai_text import grapheme_truncate, mask_name
from models import DeliveryState, LineAccount, LineChannel

NOTHING = "–"
LONGEST_CELL = 80

DELIVERY_LOOKS: dict[DeliveryState, str] = {
    DeliveryState.READY: "new",
    DeliveryState.LEASED: "progress",
    DeliveryState.SENT: "done",
    DeliveryState.MERGED: "merged",
    DeliveryState.FAILED: "soon",
    DeliveryState.DEAD: "late",
    DeliveryState.CANCELLED: "off",
}


def badge(look: str, text: str) -> Markup:
    """Return a badge as ``templates/_badges.html`` draws them; the style sheet adds shape and colour."""
    return Markup('<span class="state state-{}">{}</span>').format(look, text)


def delivery_badge(state: DeliveryState) -> Markup:
    """Return the badge of a message's or job's state."""
    return badge(DELIVERY_LOOKS[state], word(state, language()))


REACH_LOOKS: dict[Reach, str] = {Reach.YES: "done", Reach.BLOCKED: "late", Reach.UNLINKED: "off"}


def line_reach(accounts: Iterable[LineAccount], channel: LineChannel) -> Markup:
    """Return whether LINE reaches a person, as a badge."""
    reach = reach_of(accounts, channel)
    return badge(REACH_LOOKS[reach], reach_words(reach, language()))


def yes_no(value: bool) -> str:
    """Return a yes or a no in words."""
    return _("ใช่") if value else _("ไม่ใช่")


def in_use(value: bool) -> Markup:
    """Return whether a row is in use, as a badge."""
    return badge("done", _("ใช้งาน")) if value else badge("off", _("ปิดใช้งาน"))


def short(text: str, letters: int = LONGEST_CELL) -> str | Markup:
    """Return a text cut to some letters; the whole text shows on hovering."""
    cut = grapheme_truncate(text, letters)
    return text if cut == text else Markup('<span title="{}">{}</span>').format(text, cut)


def moment(value: datetime) -> Markup:
    """Return a moment as ``12 ก.พ. 2569 14:32`` that never wraps."""
    return Markup('<time class="nowrap" datetime="{}">{}</time>').format(
        value.isoformat(), thai_datetime(value, lang=language())
    )


def day(value: date) -> Markup:
    """Return a day as ``12 ก.พ. 2569`` that never wraps."""
    return Markup('<time class="nowrap" datetime="{}">{}</time>').format(
        value.isoformat(), thai_date(value, lang=language())
    )


def phone(number: str | None, *, revealed: bool = False) -> str:
    """Return a phone number, masked unless it was revealed."""
    if not number:
        return NOTHING
    return format_phone(number) if revealed else mask_phone(number)


def national_id(last4: str | None) -> str:
    """Return a national ID of which only the last digits show."""
    return mask_national_id(last4) if last4 else NOTHING


def person(name: str | None, *, revealed: bool = False) -> str:
    """Return a person's name, masked unless it was revealed."""
    if not name:
        return NOTHING
    return name if revealed else mask_name(name)


def email(address: str | None) -> str:
    """Return an e-mail address of which the first letter and the host show."""
    if not address or "@" not in address:
        return NOTHING
    name, _at, host = address.rpartition("@")
    return f"{name[:1]}xxx@{host}"


def hidden(value: object) -> str:
    """Return only whether there is a value."""
    return "xxx" if value else NOTHING


# In this order: a datetime is a date, a bool is an int, an enum member is a str.
TYPE_FORMATTERS: dict[type, Any] = {
    type(None): lambda _view, _value, _name: NOTHING,
    bool: lambda _view, value, name: in_use(value) if name == "is_active" else yes_no(value),
    DeliveryState: lambda _view, value, _name: delivery_badge(value),
    StrEnum: lambda _view, value, _name: word(value, language()),
    Markup: lambda _view, value, _name: value,
    str: lambda _view, value, _name: short(value) if value else NOTHING,
    datetime: lambda _view, value, _name: moment(value),
    date: lambda _view, value, _name: day(value),
    Decimal: lambda _view, value, _name: f"{value}",
    list: lambda _view, value, _name: ", ".join(str(part) for part in value) or NOTHING,
}

# A row's own page has room for whole texts.
DETAIL_FORMATTERS: dict[type, Any] = {**TYPE_FORMATTERS, str: lambda _view, value, _name: value or NOTHING}
