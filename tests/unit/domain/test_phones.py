"""Phone numbers are stored one way, shown as Thais write them, and hidden by half."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidField, MissingField
from domain.phones import (
    dialled_phone,
    digits_for_search,
    format_phone,
    mask_phone,
    normalise_phone,
    normalise_phones,
    readable_phone,
)
from domain.thai_text import to_thai_digits

mobiles = st.from_regex(r"0[689][0-9]{8}", fullmatch=True)
landlines = st.from_regex(r"0[23457][0-9]{7}", fullmatch=True)


def normalise(text, **options):
    return normalise_phone(text, field="phone", **options)


def fault(text, **options):
    with pytest.raises(InvalidField) as caught:
        normalise(text, **options)
    assert caught.value.field == "phone"
    return caught.value


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("0935727903", "+66935727903", id="000-23, without dashes"),
        pytest.param("093-572-7903", "+66935727903", id="dashes"),
        pytest.param(" 093 572 7903 ", "+66935727903", id="spaces"),
        pytest.param("093.572.7903", "+66935727903", id="dots"),
        pytest.param("(093) 572-7903", "+66935727903", id="brackets"),
        pytest.param("+66 93 572 7903", "+66935727903", id="+66"),
        pytest.param("+66 (0) 93 572 7903", "+66935727903", id="+66 (0)"),
        pytest.param("(+66) 93-572-7903", "+66935727903", id="(+66)"),
        pytest.param("66935727903", "+66935727903", id="66 without its plus"),
        pytest.param("0066935727903", "+66935727903", id="0066"),
        pytest.param("๐๙๓-๕๗๒-๗๙๐๓", "+66935727903", id="Thai digits"),
        pytest.param("093–572–7903\u200b", "+66935727903", id="typographic dashes and a zero-width space"),
        pytest.param("0812345678", "+66812345678", id="08"),
        pytest.param("0612345678", "+66612345678", id="06"),
        pytest.param("043271261", "+6643271261", id="000-38, the shared member"),
        pytest.param("0 4327 1261", "+6643271261", id="000-38, as printed"),
        pytest.param("+66 4327 1261", "+6643271261", id="a land line with +66"),
        pytest.param("6643271261", "+6643271261", id="a land line with 66"),
        pytest.param("02-123-4567", "+6621234567", id="Bangkok"),
        pytest.param("0 2123 4567", "+6621234567", id="Bangkok, as printed"),
    ],
)
def test_numbers_that_are_taken(typed, stored):
    assert normalise(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        pytest.param("093572790", "phone_mobile_length", id="a mobile of nine digits"),
        pytest.param("061234567", "phone_mobile_length", id="06 is a mobile, never a land line"),
        pytest.param("09357279033", "phone_mobile_length", id="a mobile of eleven digits"),
        pytest.param("+66 93 572 790", "phone_mobile_length", id="a short mobile with +66"),
        pytest.param("0432712612", "phone_landline_length", id="a land line of ten digits"),
        pytest.param("02123456", "phone_landline_length", id="a land line of eight digits"),
        pytest.param("0112345678", "phone_unknown", id="01 is no longer given"),
        pytest.param("935727903", "phone_unknown", id="the zero forgotten"),
        pytest.param("12", "phone_unknown", id="two digits"),
        pytest.param("1132", "phone_short", id="a hotline of four digits"),
        pytest.param("199", "phone_short", id="a hotline of three digits"),
        pytest.param("+1 202 555 0101", "phone_not_thai", id="another country"),
        pytest.param("00856 20 5555 5555", "phone_not_thai", id="another country by 00"),
        pytest.param("0 4327 1261 ต่อ 12", "phone_extension", id="an extension"),
        pytest.param("043-271261#12", "phone_extension", id="an extension by #"),
        pytest.param("0935727903, 043271261", "phone_several", id="two numbers"),
        pytest.param("0935727903 หรือ 043271261", "phone_several", id="two numbers in words"),
        pytest.param("0935727903 0812345678", "phone_several", id="two numbers and a space"),
        pytest.param("ไม่มี", "phone_unreadable", id="words"),
        pytest.param("093-572-79O3", "phone_unreadable", id="a letter O"),
        pytest.param("0935727903+", "phone_unreadable", id="a plus at the end"),
        pytest.param("²935727903", "phone_unreadable", id="a raised two"),
        pytest.param("0" * 100_000, "phone_unreadable", id="very many zeros"),
    ],
)
def test_numbers_that_are_refused(typed, code):
    assert fault(typed).code == code


def test_a_refused_length_tells_the_length():
    assert fault("093572790").message == "เบอร์มือถือต้องมี 10 หลัก แต่ที่พิมพ์มี 9 หลัก"


@pytest.mark.parametrize("typed", ["", "  ", "\u200b"])
def test_an_empty_box_is_missing(typed):
    assert isinstance(fault(typed), MissingField)


@pytest.mark.parametrize("number", ["199", "191", "1669", "1132"])
def test_hotlines_are_taken_where_they_are_wanted(number):
    assert normalise(to_thai_digits(number), allow_short=True) == number
    assert format_phone(number) == mask_phone(number) == number


@pytest.mark.parametrize("typed", ["99", "2999", "11320"])
def test_not_every_short_number_is_a_hotline(typed):
    assert fault(typed, allow_short=True).code == "phone_unknown"


def test_several_numbers_in_one_box():
    typed = "0935727903 / 0 4327 1261, +66935727903\nหรือ ๐๒-๑๒๓-๔๕๖๗"
    assert normalise_phones(typed, field="phone") == ["+66935727903", "+6643271261", "+6621234567"]


def test_several_numbers_need_at_least_one():
    with pytest.raises(MissingField):
        normalise_phones(" , / ", field="phone")


def test_one_bad_number_of_several_is_refused():
    with pytest.raises(InvalidField, match="phone_mobile_length"):
        normalise_phones("0935727903, 093", field="phone")


@pytest.mark.parametrize(
    ("stored", "shown", "masked"),
    [
        pytest.param("+66935727903", "093-572-7903", "093-xxx-7903", id="a mobile"),
        pytest.param("+6643271261", "0 4327 1261", "0 43xx 1261", id="000-38, the shared member"),
        pytest.param("+6621234567", "0 2123 4567", "0 21xx 4567", id="Bangkok"),
        pytest.param("+12025550101", "+12025550101", "xxx0101", id="another country"),
        pytest.param("", "", "xxx", id="nothing"),
        pytest.param("12", "12", "xxx", id="too little to show"),
    ],
)
def test_showing_and_hiding(stored, shown, masked):
    assert format_phone(stored) == shown
    assert mask_phone(stored) == masked


@pytest.mark.parametrize(
    ("written", "shown", "dialled"),
    [
        pytest.param("043000100", "0 4300 0100", "+6643000100", id="digits alone"),
        pytest.param("๐๔๓-๐๐๐-๑๐๐", "0 4300 0100", "+6643000100", id="Thai digits"),
        pytest.param("043-000100 ต่อ 5", "043-000100 ต่อ 5", "+6643000100", id="with an extension"),
        pytest.param("0 4300 0100-7", "0 4300 0100-7", "+6643000100", id="a range"),
        pytest.param("1132", "1132", "1132", id="a hotline"),
        pytest.param("ที่ห้องรับเรื่อง", "ที่ห้องรับเรื่อง", "", id="no number"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_a_number_written_freely_is_read_and_dialled(written, shown, dialled):
    assert readable_phone(written) == shown
    assert dialled_phone(written) == dialled


@settings(max_examples=200, deadline=None)
@given(mobiles | landlines)
def test_what_is_shown_can_be_typed_again(number):
    stored = normalise(number)
    assert normalise(stored) == normalise(format_phone(stored)) == stored
    assert format_phone(stored).replace("-", "").replace(" ", "") == number


@settings(max_examples=200, deadline=None)
@given(mobiles | landlines)
def test_a_mask_hides_at_least_two_digits_and_keeps_the_shape(number):
    stored = normalise(number)
    masked = mask_phone(stored)
    assert len(masked) == len(format_phone(stored))
    assert masked.count("x") >= 2
    assert masked.endswith(number[-4:])


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("0123456789๐๖๙ +-().,/ต่อx"), max_size=24) | st.text(max_size=30))
def test_any_text_is_a_number_or_a_clear_error(text):
    try:
        answer = format_phone(normalise(text, allow_short=True))
    except InvalidField as error:
        answer = error.message
    assert answer


@pytest.mark.parametrize(
    ("term", "found"),
    [
        pytest.param("๐๙๓ ๕๗๒ ๗๙๐๓", "+66935727903", id="a mobile in Thai digits"),
        pytest.param("0 4327 1261", "+6643271261", id="a land line"),
        pytest.param("7903", None, id="its last digits only"),
        pytest.param("1132", None, id="a hotline"),
        pytest.param("อส. 56/2569", None, id="a complaint number"),
        pytest.param("2014-14", None, id="a tracking code"),
        pytest.param("1100700000001", None, id="a national ID"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_search_term_that_is_a_phone(term, found):
    assert digits_for_search(term) == found
