"""A form field for each kind of setting; what it reads is judged by ``domain.setting_values``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, FileField, PasswordField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.utils import unset_value
from wtforms.validators import InputRequired

from admin_views.fields import CleanTextArea, CleanTextField, RuleField, WholeNumberField
from admin_views.guard import language
from domain.errors import InvalidField, Words
from domain.labels import CITIZEN_WORDS, WORDS
from domain.office_hours_text import hours_text, read_hours, read_time
from domain.phones import format_phone
from domain.setting_rules import Kind, SettingRule
from domain.setting_values import STATE_WORD_KEYS, WEEKDAYS
from domain.telling_ways import Way, usual_ways, ways_offered
from domain.thai_text import to_arabic_digits
from models import ComplaintStatus

MAX_OUTLINE_BYTES: Final = 4 * 1024 * 1024
PARTS: Final = ("name", "name_en", "phone")


def said(words: Words) -> str:
    """Return a text of the rules in the reader's language."""
    return words.en if language() == "en" else words.th


def shown_value(rule: SettingRule, value: Any) -> str:
    """Return a stored value as a line of text; what is no line is counted or named."""
    if value in (None, "", [], {}):
        return ""
    if rule.kind is Kind.CHOICE:
        return next((said(words) for code, words in rule.options if code == value), str(value))
    if rule.kind is Kind.FLAG:
        return _("ใช่") if value else _("ไม่ใช่")
    if rule.kind is Kind.OFFICE_WEEK:
        return " · ".join(
            f"{said(day)} {hours_text(one) or _('ปิด')}" for day, one in zip(WEEKDAYS, value, strict=True)
        )
    if rule.kind is Kind.PHONE_LIST:
        return " · ".join(f"{one.get('name', '')} {one.get('phone', '')}" for one in value)
    if rule.kind in {Kind.STATE_WORDS, Kind.WAYS}:
        return _("%(count)s รายการ", count=len(value))
    return _("มีไฟล์แล้ว") if rule.kind in {Kind.GEOMETRY, Kind.PICTURE} else str(value)


class ClockTimeField(RuleField):
    """A time of day."""

    def read(self, text: str) -> str:
        """Return the time as ``08:30``."""
        try:
            return read_time(text)
        except ValueError as error:
            raise InvalidField("clock_time_invalid", field=self.name) from error


class DegreesField(RuleField):
    """Degrees north or east, as text with six places."""

    def read(self, text: str) -> str:
        """Return the degrees."""
        return to_arabic_digits(text).strip()


class SecretField(PasswordField):
    """A secret: typed, never shown; empty means "keep it"."""


class TableField(Field):
    """Several boxes that make one value; drawn by ``templates/admin/settings/_fields.html``."""

    needed = False

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read every box of the table."""
        super().process(None, data, extra_filters)
        self.problems: list[str] = []
        if formdata:
            self.data = self.collect(formdata)
            self.process_errors = self.problems

    def collect(self, formdata: Any) -> Any:
        """Return the value of what was typed."""
        raise NotImplementedError


class OfficeWeekField(TableField):
    """Seven boxes, one a weekday."""

    def collect(self, formdata: Any) -> list[list[list[str]]]:
        """Return the hours of the week; what cannot be read stays in its box."""
        self.typed = [formdata.get(f"{self.name}-{index}", "") for index in range(len(WEEKDAYS))]
        week = []
        for day, text in zip(WEEKDAYS, self.typed, strict=True):
            try:
                week.append(read_hours(text))
            except ValueError:
                problem = InvalidField("office_hours_unreadable", field=self.name, day=day)
                self.problems.append(problem.message_in(language()))
                week.append([])
        return week

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the boxes as (name, weekday, text)."""
        texts = getattr(self, "typed", None) or [hours_text(day) for day in self.data or [[]] * 7]
        return [
            (f"{self.name}-{index}", said(day), text)
            for index, (day, text) in enumerate(zip(WEEKDAYS, texts, strict=True))
        ]


class PhoneListField(TableField):
    """Names with numbers, one a row; a row without both is left out."""

    most = 8

    def collect(self, formdata: Any) -> list[dict[str, str]]:
        """Return the rows that say something."""
        rows = [
            {part: formdata.get(f"{self.name}-{index}-{part}", "").strip() for part in PARTS}
            for index in range(self.most)
        ]
        return [row for row in rows if any(row.values())]

    def rows(self) -> list[dict[str, str]]:
        """Return the boxes, three a row, as many rows as may be."""
        known = list(self.data or [])
        return [
            {part: self._shown(known[index], part) if index < len(known) else "" for part in PARTS}
            for index in range(self.most)
        ]

    @staticmethod
    def _shown(row: dict[str, str], part: str) -> str:
        value = row.get(part) or ""
        return format_phone(value) if part == "phone" and value.startswith("+") else value


class StateWordsField(TableField):
    """Four boxes a state: for officers and citizens, in both languages; empty keeps the standard word."""

    def collect(self, formdata: Any) -> dict[str, dict[str, str]]:
        """Return the words that were typed."""
        found = {
            state.value: {
                key: formdata.get(f"{self.name}-{state.value}-{key}", "").strip() for key in STATE_WORD_KEYS
            }
            for state in ComplaintStatus
        }
        kept = {code: {key: text for key, text in words.items() if text} for code, words in found.items()}
        return {code: words for code, words in kept.items() if words}

    def rows(self) -> list[tuple[str, str, list[tuple[str, str, str, str]]]]:
        """Return (state's code, its standard word, boxes as (name, heading, text, standard word))."""
        heads = (_l("เจ้าหน้าที่อ่าน"), _l("ประชาชนอ่าน"), _l("เจ้าหน้าที่อ่าน (อังกฤษ)"), _l("ประชาชนอ่าน (อังกฤษ)"))
        found = []
        for state in ComplaintStatus:
            (thai, english), (for_citizen, in_english) = WORDS[ComplaintStatus][state], CITIZEN_WORDS[state]
            own = (self.data or {}).get(state.value, {})
            usual = (thai, for_citizen, english, in_english)
            boxes = [
                (f"{self.name}-{state.value}-{key}", str(head), own.get(key, ""), word)
                for key, head, word in zip(STATE_WORD_KEYS, heads, usual, strict=True)
            ]
            found.append((state.value, english if language() == "en" else thai, boxes))
        return found


class WaysField(TableField):
    """One tick a message and way; ``messages`` is set by the screen as (key, sentence, whom)."""

    messages: tuple[tuple[str, str, str], ...] = ()

    def collect(self, formdata: Any) -> dict[str, list[str]]:
        """Return the messages whose ways differ from the usual ones."""
        chosen: dict[str, list[str]] = {}
        for name in formdata.getlist(f"{self.name}-shown"):
            offered = ways_offered(name)
            ticked = set(formdata.getlist(f"{self.name}-{name}"))
            ways = [way.value for way in offered if way.value in ticked]
            if offered and ways != [way.value for way in offered if way in usual_ways(name)]:
                chosen[name] = ways
        return chosen

    def groups(self) -> list[tuple[str, list[tuple[str, str]], list[tuple[str, str, str, list[str]]]]]:
        """Return (heading, its ways as (code, words), [(message key, sentence, whom, ways ticked)])."""
        words = {Way.LINE: "LINE", Way.BELL: _("กระดิ่ง"), Way.EMAIL: _("อีเมล")}
        own = self.data or {}
        found = []
        for title, prefix in ((_("ถึงประชาชน"), "citizen_"), (_("ถึงเจ้าหน้าที่"), "staff_")):
            rows = [
                (key, sentence, whom, own.get(key, [way.value for way in usual_ways(key)]))
                for key, sentence, whom in self.messages
                if key.startswith(prefix)
            ]
            found.append((title, [(way.value, words[way]) for way in ways_offered(prefix)], rows))
        return found


class GeometryField(FileField):
    """A GeoJSON file; without one the outline stays as it is."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the file; nothing chosen is no change."""
        upload = valuelist[0] if valuelist else None
        text = upload.read(MAX_OUTLINE_BYTES + 1) if hasattr(upload, "read") else b""
        self.is_new = bool(text)
        if not text:
            return
        try:  # What is cut off at the limit is no JSON any more.
            self.data = json.loads(text[:MAX_OUTLINE_BYTES].decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            self.data = None
            problem = InvalidField("boundary_unreadable", field=self.name)
            raise ValidationError(problem.message_in(language())) from error


def _text(rule: SettingRule, **more: Any) -> Field:
    return CleanTextField(max_length=rule.limits[1], required=rule.required, **more)


def _typed_as(mode: str) -> Callable[..., Field]:
    return lambda rule, **more: _text(rule, render_kw={"inputmode": mode, "autocomplete": "off"}, **more)


FIELDS: Final[dict[Kind, Callable[..., Any]]] = {
    Kind.TEXT: _text,
    Kind.PARAGRAPH: lambda rule, **more: CleanTextArea(max_length=rule.limits[1], **more),
    Kind.PHONE: _typed_as("tel"),
    Kind.EMAIL: _typed_as("email"),
    Kind.URL: _typed_as("url"),
    Kind.COLOUR: lambda rule, **more: CleanTextField(
        max_length=20, required=rule.required, render_kw={"type": "color"}, **more
    ),
    Kind.NUMBER: lambda rule, **more: WholeNumberField(
        low=rule.limits[0], high=rule.limits[1], required=True, **more
    ),
    Kind.FLAG: lambda rule, **more: BooleanField(**more),
    Kind.CHOICE: lambda rule, **more: SelectField(
        choices=[SelectChoice(code, said(words)) for code, words in rule.options],
        validators=[InputRequired()] if rule.required else [],
        **more,
    ),
    Kind.CLOCK_TIME: lambda rule, **more: ClockTimeField(required=rule.required, **more),
    Kind.DEGREES: lambda rule, **more: DegreesField(render_kw={"inputmode": "decimal"}, **more),
    Kind.PHONE_LIST: lambda rule, **more: PhoneListField(**more),
    Kind.OFFICE_WEEK: lambda rule, **more: OfficeWeekField(**more),
    Kind.GEOMETRY: lambda rule, **more: GeometryField(
        render_kw={"accept": ".geojson,.json,application/geo+json"}, **more
    ),
    Kind.NUMBER_PATTERN: _text,
    Kind.PICTURE: lambda rule, **more: FileField(
        render_kw={"accept": "image/png,image/jpeg,image/webp"}, **more
    ),
    Kind.SECRET: lambda rule, **more: SecretField(render_kw={"autocomplete": "new-password"}, **more),
    Kind.STATE_WORDS: lambda rule, **more: StateWordsField(**more),
    Kind.WAYS: lambda rule, **more: WaysField(**more),
}


def field_of(rule: SettingRule) -> Field:
    """Return the unbound field of a setting, with its name and its sentence in the reader's language."""
    made: Field = FIELDS[rule.kind](rule, label=said(rule.words), description=said(rule.help))
    return made
