"""Words stored about papers and figures; as in enums.py, codes never change once released."""

from __future__ import annotations

from enum import StrEnum


class CountedPart(StrEnum):
    """By what complaints are counted besides department, main type and zone."""

    SUBCATEGORY = "subcategory"
    COMMUNITY = "community"
    CHANNEL = "channel"


class DocumentKind(StrEnum):
    """The official papers."""

    COMPLAINT_FORM = "complaint_form"
    ORDER = "order"
    RESULT_LETTER = "result_letter"
    MEMO = "memo"
    SLIP = "slip"
    RECEIPT = "receipt"
    REGISTER = "register"
    ENVELOPE = "envelope"
    LABELS = "labels"


class Numerals(StrEnum):
    """Which digits a paper is printed with."""

    THAI = "thai"
    ARABIC = "arabic"


class Emblem(StrEnum):
    """What stands at the head of a paper; both pictures are uploads."""

    NONE = "none"
    TOWN = "town"
    GARUDA = "garuda"


class PaymentWay(StrEnum):
    """How money was paid."""

    CASH = "cash"
    TRANSFER = "transfer"
    CHEQUE = "cheque"


class ScheduleEvery(StrEnum):
    """How often a report is made by itself."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
