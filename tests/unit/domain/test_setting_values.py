"""What may stand in a setting: each kind takes what people mean and refuses the rest in words."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import FieldErrors, InvalidField
from domain.setting_rules import BY_KEY, RULES, SECTIONS, Kind
from domain.setting_values import _CHECKS, check_together, check_value
from domain.settings import DEFAULTS
from models import ComplaintStatus

SQUARE = {"type": "Polygon", "coordinates": [[[102.8, 16.4], [102.9, 16.4], [102.9, 16.5], [102.8, 16.4]]]}
FAR = {"type": "Polygon", "coordinates": [[[2.8, 46.4], [2.9, 46.4], [2.9, 46.5], [2.8, 46.4]]]}
AS_FEATURE = {"properties": {}, "type": "Feature", "geometry": SQUARE}
FIRE = {"name": "ไฟไหม้", "name_en": "Fire", "phone": "199"}
NINE_TO_FIVE = [["08:30", "12:00"], ["13:00", "16:30"]]


def test_every_setting_is_explained_in_one_sentence_and_every_kind_has_its_check() -> None:
    assert {rule.kind for rule in RULES} <= set(Kind) == set(_CHECKS)
    for rule in RULES:
        assert len(rule.help.th) >= 15, rule.key
        assert "\n" not in rule.help.th
        assert rule.help.en
        assert rule.words.en
    assert {rule.section for rule in RULES} == set(SECTIONS)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.default is not None], ids=lambda rule: rule.key
)
def test_every_default_would_be_taken_as_a_value(rule: Any) -> None:
    assert check_value(rule, rule.default) in (rule.default, None)


GOOD: list[tuple[str, Any, Any]] = [
    ("municipality_name", "  เทศบาลตำบล  ทดสอบ ", "เทศบาลตำบล ทดสอบ"),
    ("contact_phone", "043-000100 ต่อ 5", "043-000100 ต่อ 5"),
    ("contact_email", "a@example.go.th", "a@example.go.th"),
    ("web_address", "https://www.example.go.th/", "https://www.example.go.th/"),
    ("map_tile_url", "https://t.example/{z}/{x}/{y}.png", "https://t.example/{z}/{x}/{y}.png"),
    ("colour_primary", "#0f5e73", "#0F5E73"),
    ("nearby_radius_m", 250, 250),
    ("officer_must_have_line", True, True),
    ("number_year", "fiscal", "fiscal"),
    ("digest_time", "7:05", "07:05"),
    ("map_latitude", "16.4321", "16.432100"),
    ("emergency_phones", [FIRE | {"phone": "๑๙๙"}], [FIRE]),
    ("office_hours", [*([NINE_TO_FIVE] * 5), [], []], [*([NINE_TO_FIVE] * 5), [], []]),
    ("outline", SQUARE, {"type": "FeatureCollection", "features": [AS_FEATURE]}),
    ("number_pattern", "{code}{running}/{year}", "{code}{running}/{year}"),
    ("state_words", {"closed": {"th": "จบเรื่อง", "en": ""}, "submitted": {}}, {"closed": {"th": "จบเรื่อง"}}),
    ("telling_ways", {"staff_directed": ["email", "line"]}, {"staff_directed": ["line", "email"]}),
]


@pytest.mark.parametrize(("key", "value", "stored"), GOOD, ids=[key for key, _value, _stored in GOOD])
def test_what_people_mean_is_taken(key: str, value: Any, stored: Any) -> None:
    assert check_value(BY_KEY[key], value) == stored


BAD: list[tuple[str, Any, str]] = [
    ("municipality_name", "", "field_required"),
    ("municipality_name", ["เทศบาล"], "setting_shape"),
    ("municipality_name", "ท" * 121, "text_too_long"),
    ("contact_phone", "ไม่มี", "phone_unreadable"),
    ("contact_email", "ไม่ใช่อีเมล", "email_invalid"),
    ("web_address", "javascript:alert(1)", "url_invalid"),
    ("web_address", "https://exa mple", "url_invalid"),
    ("web_address", "http://[", "url_invalid"),
    ("map_tile_url", "https://t.example/tiles.png", "tiles_url_invalid"),
    ("geocoder_url", "https://g.example/search", "geocoder_url_invalid"),
    ("colour_primary", "blue", "colour_invalid"),
    ("colour_primary", "#FFE066", "colour_faint"),
    ("nearby_radius_m", 4, "number_out_of_range"),
    ("nearby_radius_m", "100", "setting_shape"),
    ("nearby_radius_m", True, "setting_shape"),
    ("officer_must_have_line", "yes", "setting_shape"),
    ("number_year", "lunar", "choice_unknown"),
    ("digest_time", "24:00", "clock_time_invalid"),
    ("digest_time", "08:61", "clock_time_invalid"),
    ("map_latitude", "102.8", "degrees_invalid"),
    ("map_longitude", "nan", "degrees_invalid"),
    ("emergency_phones", [{"name": "", "phone": "199"}], "field_required"),
    ("emergency_phones", [{"name": "ก", "phone": "12345"}], "phone_wrong_length"),
    ("emergency_phones", [{"name": "ก", "phone": "199"}] * 9, "phone_list_long"),
    ("office_hours", [[]] * 7, "office_never_open"),
    ("office_hours", [[]] * 6, "setting_shape"),
    ("office_hours", [[["16:30", "08:30"]], *[[]] * 6], "office_hours_reversed"),
    ("office_hours", [[["08:30", "12:30"], ["12:00", "16:30"]], *[[]] * 6], "office_hours_reversed"),
    ("office_hours", [[["8 โมง", "16:30"]], *[[]] * 6], "office_hours_unreadable"),
    ("outline", FAR, "boundary_unreadable"),
    ("outline", {"type": "Point", "coordinates": [102.8, 16.4]}, "boundary_unreadable"),
    ("number_pattern", "{code}/{year}", "number_pattern_lacks"),
    ("number_pattern", "{running}/{year}", "number_pattern_lacks"),
    ("state_words", {"vanished": {"th": "หาย"}}, "state_unknown"),
    ("state_words", {"closed": {"th": "เรื่องใหม่"}}, "state_words_same"),
    ("state_words", {"closed": {"de": "Ende"}}, "setting_shape"),
    ("telling_ways", {"citizen_result": ["email"]}, "way_unknown"),
    ("telling_ways", {"staff_directed": ["pigeon"]}, "way_unknown"),
    ("telling_ways", {"other": ["line"]}, "way_unknown"),
    ("telling_ways", {"staff_directed": [["line"]]}, "way_unknown"),
    ("telling_ways", {"staff_directed": "line"}, "setting_shape"),
]


@pytest.mark.parametrize(
    ("key", "value", "code"), BAD, ids=[f"{key}-{code}-{n}" for n, (key, _v, code) in enumerate(BAD)]
)
def test_the_rest_is_refused_beside_its_box_in_both_languages(key: str, value: Any, code: str) -> None:
    with pytest.raises(InvalidField) as caught:
        check_value(BY_KEY[key], value)

    assert caught.value.field == key
    assert caught.value.code == code or code.startswith("phone")
    assert "{field" not in caught.value.message
    assert caught.value.message_in("en") != caught.value.message


def test_a_pattern_without_the_year_repeats_its_numbers_when_they_start_anew() -> None:
    with pytest.raises(FieldErrors) as caught:
        check_together({**DEFAULTS, "number_pattern": "{code} {running}"})
    assert [error.field for error in caught.value.errors] == ["number_pattern"]

    check_together({**DEFAULTS, "number_pattern": "{code} {running}", "number_reset": "never"})


def test_one_state_may_take_the_word_another_gave_up() -> None:
    words = {"closed": {"th": "เรื่องใหม่"}, "submitted": {"th": "เข้ามาแล้ว"}}

    assert check_value(BY_KEY["state_words"], words) == words
    assert len(ComplaintStatus) == 13


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"mail_host": "smtp.example.go.th"}, "mail_from"),
        (
            {"mail_host": "smtp.example.go.th", "mail_from": "a@example.go.th", "mail_security": "none"},
            "mail_security",
        ),
    ],
)
def test_letters_need_a_sender_and_are_not_sent_in_the_clear(values: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        check_together({**DEFAULTS, **values})
    assert [error.field for error in caught.value.errors] == [field]

    near = {"mail_host": "127.0.0.1", "mail_from": "a@example.go.th", "mail_security": "none"}
    check_together({**DEFAULTS, **near})
