"""What may stand in a setting: one value of each kind is checked here, from a screen or from a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from domain.accounts import check_email
from domain.coordinates import THAILAND, bounds
from domain.errors import FieldChecks, InvalidField, MissingField, Words, add_message
from domain.labels import WORDS
from domain.numbering import PLACEHOLDER
from domain.office_hours import minutes_of
from domain.phones import dialled_phone, normalise_phone
from domain.setting_rules import Kind, SettingRule
from domain.telling_ways import Way, ways_offered
from domain.thai_text import clean_text
from domain.town_colour import ENOUGH, WHITE, contrast, palette_of, parse_colour
from models import ComplaintStatus

MAX_WORD: Final = 40
THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
MOST_STRETCHES: Final = 4
MAX_GEOMETRY_LETTERS: Final = 2_000_000
WEEKDAYS: Final = (
    Words("จันทร์", "Monday"),
    Words("อังคาร", "Tuesday"),
    Words("พุธ", "Wednesday"),
    Words("พฤหัสบดี", "Thursday"),
    Words("ศุกร์", "Friday"),
    Words("เสาร์", "Saturday"),
    Words("อาทิตย์", "Sunday"),
)
STATE_WORD_KEYS: Final = ("th", "citizen_th", "en", "citizen_en")

add_message(
    "setting_shape",
    thai="ค่าของ “{what}” ไม่ใช่ชนิดที่ใช้ได้",
    english="The value of “{what}” is of the wrong kind",
)
add_message(
    "url_invalid",
    thai="ที่อยู่เว็บต้องขึ้นต้นด้วย https:// หรือ http:// และมีชื่อเครื่อง เช่น https://www.example.go.th",
    english="An address begins with https:// or http:// and names a host",
)
add_message(
    "tiles_url_invalid",
    thai="ที่อยู่ภาพแผนที่ต้องมี {{z}} {{x}} และ {{y}} เช่น https://…/{{z}}/{{x}}/{{y}}.png",
    english="A tile address holds {{z}}, {{x}} and {{y}}",
)
add_message(
    "geocoder_url_invalid",
    thai="ที่อยู่บริการค้นหาต้องมี {{query}} ตรงที่ให้ใส่คำค้น",
    english="A geocoder's address holds {{query}} where the words go",
)
add_message(
    "colour_invalid",
    thai="สีต้องเป็นรหัส # ตามด้วยเลขฐานสิบหก 6 หลัก เช่น #0F5E73",
    english="A colour is # and six hexadecimal digits, such as #0F5E73",
)
add_message(
    "colour_faint",
    thai="สีนี้อ่อนเกินไป อ่านบนพื้นขาวไม่ออก (ความต่าง {found} ต้องได้ {wanted} ขึ้นไป) กรุณาเลือกสีเข้มขึ้น",
    english="Too faint on white (contrast {found}, at least {wanted} is needed): choose a darker one",
)
add_message(
    "clock_time_invalid",
    thai="เวลาต้องเป็นแบบ 08:30 ระหว่าง 00:00 ถึง 23:59",
    english="A time is written as 08:30, from 00:00 to 23:59",
)
add_message(
    "degrees_invalid",
    thai="พิกัดต้องเป็นเลขทศนิยม เช่น 16.432100 และอยู่ในประเทศไทย",
    english="Degrees are a decimal number such as 16.432100, inside Thailand",
)
add_message(
    "phone_list_long",
    thai="ใส่เบอร์ได้ไม่เกิน {most} เบอร์",
    english="At most {most} numbers",
)
add_message(
    "office_hours_unreadable",
    thai="อ่านเวลาทำการวัน{day}ไม่ได้ ให้พิมพ์เช่น 08:30-12:00, 13:00-16:30 หรือเว้นว่างถ้าปิด",
    english="Office hours of {day}: write 08:30-12:00, 13:00-16:30, or nothing when closed",
)
add_message(
    "office_hours_reversed",
    thai="เวลาทำการวัน{day}ซ้อนกันหรือสลับกัน เวลาเปิดต้องมาก่อนเวลาปิด",
    english="Office hours of {day} overlap or are reversed",
)
add_message(
    "office_never_open",
    thai="ต้องมีวันที่เปิดทำการอย่างน้อยหนึ่งวันในสัปดาห์ มิฉะนั้นนับกำหนดเวลาไม่ได้",
    english="At least one day of the week must be open, or no promise can be counted",
)
add_message(
    "number_pattern_lacks",
    thai="รูปแบบเลขที่ต้องมี {placeholder} มิฉะนั้นเลขจะซ้ำกัน",
    english="The pattern needs {placeholder}, or numbers would repeat",
)
add_message(
    "number_pattern_needs_year",
    thai="เมื่อเริ่มนับใหม่ทุกปี รูปแบบเลขที่ต้องมี {{year}} มิฉะนั้นเลขปีหน้าจะซ้ำกับปีนี้",
    english="With a new count each year the pattern needs {{year}}, or next year's numbers repeat these",
)
add_message(
    "mail_from_required",
    thai="กรุณาใส่อีเมลผู้ส่ง เครื่องส่งอีเมลต้องรู้ว่าส่งจากใคร",
    english="Give the sender's address: a mail server wants to know who sends",
)
add_message(
    "mail_in_the_clear",
    thai="ไม่เข้ารหัสใช้ได้เฉพาะเครื่องส่งในเครื่องนี้เอง (localhost) กรุณาเลือก STARTTLS หรือ TLS",
    english="Without encryption only this very machine (localhost) may be used: choose STARTTLS or TLS",
)
add_message(
    "state_unknown",
    thai="ไม่มีสถานะ “{code}” ในระบบ",
    english="There is no state “{code}”",
)
add_message(
    "state_words_same",
    thai="คำ “{text}” ใช้กับสองสถานะ เจ้าหน้าที่จะแยกไม่ออก กรุณาเปลี่ยนคำหนึ่ง",
    english="“{text}” stands for two states: officers could not tell them apart",
)
add_message(
    "way_unknown",
    thai="ข้อความ “{key}” แจ้งทาง “{way}” ไม่ได้",
    english="Message “{key}” does not go out by “{way}”",
)

Check = Callable[[SettingRule, Any], Any]


def check_value(rule: SettingRule, value: Any) -> Any:
    """Return a value as it is stored; None is "not set" and goes back to the default.

    Raises:
        InvalidField: with the setting's key as its field; MissingField where a value is required.
    """
    if value is None or (isinstance(value, str) and not value.strip() and rule.kind is not Kind.SECRET):
        if rule.required:
            raise MissingField(field=rule.key)
        return None
    return _CHECKS[rule.kind](rule, value)


def check_together(values: Mapping[str, Any]) -> None:
    """Check what settings mean for one another; ``values`` are all of them, as they would hold.

    Raises:
        FieldErrors: a number pattern that would repeat numbers, letters without a sender or in the clear.
    """
    check = FieldChecks()
    with check:
        pattern = str(values.get("number_pattern", ""))
        if values.get("number_reset") == "yearly" and "{year}" not in pattern:
            raise InvalidField("number_pattern_needs_year", field="number_pattern")
    with check:
        if values.get("mail_host") and not values.get("mail_from"):
            raise MissingField("mail_from_required", field="mail_from")
    with check:
        is_near = values.get("mail_host") in {None, "", *THIS_MACHINE}
        if values.get("mail_security") == "none" and not is_near:
            raise InvalidField("mail_in_the_clear", field="mail_security")
    check.done()


def _shape(rule: SettingRule) -> InvalidField:
    return InvalidField("setting_shape", field=rule.key, what=rule.words)


def _text(rule: SettingRule, value: Any) -> str:
    if not isinstance(value, str):
        raise _shape(rule)
    multiline = rule.kind is Kind.PARAGRAPH
    most = rule.limits[1]
    return clean_text(value, max_length=most, field=rule.key, multiline=multiline, required=rule.required)


def _phone(rule: SettingRule, value: Any) -> str:
    text = _text(rule, value)
    if not dialled_phone(text):
        raise InvalidField("phone_unreadable", field=rule.key)
    return text


def _email(rule: SettingRule, value: Any) -> str | None:
    return check_email(_text(rule, value), field=rule.key)


def _url(rule: SettingRule, value: Any) -> str:
    text = _text(rule, value)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise InvalidField("url_invalid", field=rule.key) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s\"'<>;,\\]", text):
        raise InvalidField("url_invalid", field=rule.key)
    if rule.key == "geocoder_url" and "{query}" not in text:
        raise InvalidField("geocoder_url_invalid", field=rule.key)
    if rule.key == "map_tile_url" and not all(part in text for part in ("{z}", "{x}", "{y}")):
        raise InvalidField("tiles_url_invalid", field=rule.key)
    return text


def _colour(rule: SettingRule, value: Any) -> str:
    text = _text(rule, value).upper()
    rgb = parse_colour(text)
    if rgb is None:
        raise InvalidField("colour_invalid", field=rule.key)
    if palette_of(text) is None:
        found = f"{contrast(rgb, WHITE):.1f}"
        raise InvalidField("colour_faint", field=rule.key, found=found, wanted=f"{ENOUGH}")
    return text


def _number(rule: SettingRule, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _shape(rule)
    low, high = rule.limits
    if not low <= value <= high:
        raise InvalidField("number_out_of_range", field=rule.key, min=low, max=high)
    return value


def _flag(rule: SettingRule, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _shape(rule)
    return value


def _choice(rule: SettingRule, value: Any) -> str:
    codes = [code for code, _words in rule.options]
    if value not in codes:
        raise InvalidField("choice_unknown", field=rule.key)
    return str(value)


def _clock_time(rule: SettingRule, value: Any) -> str:
    try:
        found = minutes_of(_text(rule, value))
    except ValueError as error:
        raise InvalidField("clock_time_invalid", field=rule.key) from error
    if found >= 24 * 60:
        raise InvalidField("clock_time_invalid", field=rule.key)
    return _time_text(found)


def _degrees(rule: SettingRule, value: Any) -> str:
    north = rule.key.endswith("latitude")
    low, high = (THAILAND.south, THAILAND.north) if north else (THAILAND.west, THAILAND.east)
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise InvalidField("degrees_invalid", field=rule.key) from error
    if not low <= number <= high:
        raise InvalidField("degrees_invalid", field=rule.key)
    return f"{number:.6f}"


def _phone_list(rule: SettingRule, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise _shape(rule)
    if len(value) > rule.limits[1]:
        raise InvalidField("phone_list_long", field=rule.key, most=rule.limits[1])
    return [
        {
            "name": clean_text(
                str(entry.get("name") or ""), max_length=60, field=rule.key, multiline=False, required=True
            ),
            "name_en": clean_text(str(entry.get("name_en") or ""), max_length=60, field=rule.key),
            "phone": normalise_phone(str(entry.get("phone") or ""), field=rule.key, allow_short=True),
        }
        for entry in value
    ]


def _office_week(rule: SettingRule, value: Any) -> list[list[list[str]]]:
    if not isinstance(value, list) or len(value) != len(WEEKDAYS):
        raise _shape(rule)
    week = [_office_day(rule, day, stretches) for day, stretches in zip(WEEKDAYS, value, strict=True)]
    if not any(week):
        raise InvalidField("office_never_open", field=rule.key)
    return week


def _office_day(rule: SettingRule, day: Words, stretches: Any) -> list[list[str]]:
    try:
        hours = [(minutes_of(begins), minutes_of(ends)) for begins, ends in stretches]
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidField("office_hours_unreadable", field=rule.key, day=day) from error
    times = [moment for stretch in hours for moment in stretch]
    if len(hours) > MOST_STRETCHES or any(b <= a for a, b in hours) or times != sorted(times):
        raise InvalidField("office_hours_reversed", field=rule.key, day=day)
    return [[_time_text(begins), _time_text(ends)] for begins, ends in hours]


def _time_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _geometry(rule: SettingRule, value: Any) -> dict[str, Any]:
    try:
        if not isinstance(value, dict) or len(json.dumps(value)) > MAX_GEOMETRY_LETTERS:
            raise _shape(rule)
        box = bounds(value)
        inside = THAILAND.holds(box.south, box.west) and THAILAND.holds(box.north, box.east)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise InvalidField("boundary_unreadable", field=rule.key) from error
    if not inside:
        raise InvalidField("boundary_unreadable", field=rule.key)
    if value.get("type") == "FeatureCollection":
        return value
    feature = value if value.get("type") == "Feature" else {"type": "Feature", "geometry": value}
    return {"type": "FeatureCollection", "features": [{"properties": {}, **feature}]}


def _number_pattern(rule: SettingRule, value: Any) -> str:
    text = _text(rule, value)
    named = set(PLACEHOLDER.findall(text))
    for name in ("running", "code"):
        if name not in named:
            raise InvalidField("number_pattern_lacks", field=rule.key, placeholder="{" + name + "}")
    return text


def _state_words(rule: SettingRule, value: Any) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict):
        raise _shape(rule)
    kept: dict[str, dict[str, str]] = {}
    for code, words in value.items():
        if code not in set(ComplaintStatus):
            raise InvalidField("state_unknown", field=rule.key, code=str(code)[:40])
        if not isinstance(words, dict) or words.keys() - set(STATE_WORD_KEYS):
            raise _shape(rule)
        texts = {
            name: clean_text(str(text), max_length=MAX_WORD, field=rule.key, multiline=False)
            for name, text in words.items()
            if text
        }
        if any(texts.values()):
            kept[code] = {name: text for name, text in texts.items() if text}
    for column, name in enumerate(("th", "en")):
        _refuse_same(
            rule, [kept.get(s, {}).get(name) or WORDS[ComplaintStatus][s][column] for s in ComplaintStatus]
        )
    return kept


def _refuse_same(rule: SettingRule, texts: list[str]) -> None:
    double = next((text for text in texts if texts.count(text) > 1), None)
    if double is not None:
        raise InvalidField("state_words_same", field=rule.key, text=double)


def _ways(rule: SettingRule, value: Any) -> dict[str, list[str]]:
    if not isinstance(value, dict) or not all(isinstance(ways, list) for ways in value.values()):
        raise _shape(rule)
    for key, ways in value.items():
        offered = ways_offered(str(key))
        for way in ways:
            if way not in [each.value for each in offered]:
                raise InvalidField("way_unknown", field=rule.key, key=str(key)[:60], way=str(way)[:20])
    return {str(key): [way.value for way in Way if way.value in ways] for key, ways in value.items()}


_CHECKS: Final[dict[Kind, Check]] = {
    Kind.TEXT: _text,
    Kind.PARAGRAPH: _text,
    Kind.PHONE: _phone,
    Kind.EMAIL: _email,
    Kind.URL: _url,
    Kind.COLOUR: _colour,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.CLOCK_TIME: _clock_time,
    Kind.DEGREES: _degrees,
    Kind.PHONE_LIST: _phone_list,
    Kind.OFFICE_WEEK: _office_week,
    Kind.GEOMETRY: _geometry,
    Kind.NUMBER_PATTERN: _number_pattern,
    Kind.PICTURE: _text,
    Kind.SECRET: _text,
    Kind.STATE_WORDS: _state_words,
    Kind.WAYS: _ways,
}
