"""Dates are read as Thais type them; a year of unclear era is never guessed."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import bangkok, frozen
from domain.errors import InvalidField, MissingField
from domain.thai_dates import official_time, parse_thai_date, thai_date, thai_datetime, thai_month
from domain.thai_text import to_thai_digits

TODAY = date(2026, 11, 21)
BIRTHDAY = date(1957, 3, 3)  # 000-24: 3 มีนาคม 2500 is typed 03/03/2500
days = st.dates(date(1857, 1, 1), date(2156, 12, 31))


def parse(text, **options):
    return parse_thai_date(text, **{"field": "birth_date", "today": TODAY, **options})


def fault(text, **options):
    with pytest.raises(InvalidField) as caught:
        parse(text, **options)
    assert caught.value.field == "birth_date"
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "03/03/2500",
        "3/3/2500",
        "03-03-2500",
        "3.3.2500",
        "3 3 2500",
        " 3 / 3 / 2500 ",
        "๐๓/๐๓/๒๕๐๐",
        "3 มี.ค. 2500",
        "3 มี.ค.2500",
        "3มีค2500",
        "3-มี.ค.-2500",
        "3 มี. ค. 2500",
        "3 มีนาคม 2500",
        "3 มีนา 2500",
        "๓ มีนาคม พ.ศ. ๒๕๐๐",
        "3 มีนาคม พ. ศ. 2500",
        "วันที่ 3 มีนาคม พศ 2500",
        "3 Mar 2500",
        "3 march 2500",
        "2500-03-03",
        "2500/3/3",
        "1957-03-03",
        "๑๙๕๗-๐๓-๐๓",
        "3\u200b/3/2500",
        "3–3–2500",
    ],
)
def test_the_birthday_of_the_manual_in_every_hand(text):
    assert parse(text) == BIRTHDAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        pytest.param("10/04/2557", date(2014, 4, 10), id="004-10, day first"),
        pytest.param("2563-02-25", date(2020, 2, 25), id="004-10, ISO-like in the Buddhist era"),
        pytest.param("2026-12-31", date(2026, 12, 31), id="a Christian year only as YYYY-MM-DD"),
        pytest.param("29/02/2567", date(2024, 2, 29), id="a leap day"),
        pytest.param("29 กุมภาพันธ์ 2567", date(2024, 2, 29), id="a leap day in words"),
        pytest.param("1 กรกฏาคม 2560", date(2017, 7, 1), id="a common slip of the pen"),
        pytest.param("31 ธ.ค. 2569", date(2026, 12, 31), id="the last day of 2569"),
        pytest.param("1/1/2400", date(1857, 1, 1), id="the first year that is Buddhist"),
    ],
)
def test_dates_that_are_taken(text, day):
    assert parse(text) == day


@pytest.mark.parametrize(
    ("text", "buddhist", "christian", "example"),
    [
        pytest.param("31/12/2026", "พ.ศ. 2026", "พ.ศ. 2569 (ค.ศ. 2026)", "31/12/2569", id="2026 typed as BE"),
        pytest.param("2026/12/31", "พ.ศ. 2026", "พ.ศ. 2569 (ค.ศ. 2026)", "31/12/2569", id="slashes"),
        pytest.param("2026-1-5", "พ.ศ. 2026", "พ.ศ. 2569 (ค.ศ. 2026)", "05/01/2569", id="not quite ISO"),
        pytest.param("3 มีนาคม 1957", "พ.ศ. 1957", "พ.ศ. 2500 (ค.ศ. 1957)", "03/03/2500", id="in words"),
        pytest.param("3 March 1957", "พ.ศ. 1957", "พ.ศ. 2500 (ค.ศ. 1957)", "03/03/2500", id="in English"),
        pytest.param("31/12/65", "พ.ศ. 2565", "พ.ศ. 2508 (ค.ศ. 1965)", "31/12/2565", id="two digits, 19.."),
        pytest.param("31/12/22", "พ.ศ. 2522", "พ.ศ. 2565 (ค.ศ. 2022)", "31/12/2522", id="two digits, 20.."),
        pytest.param("1/1/00", "พ.ศ. 2500", "พ.ศ. 2543 (ค.ศ. 2000)", "01/01/2500", id="two zeros"),
        pytest.param("29/02/2024", "พ.ศ. 2024", "พ.ศ. 2567 (ค.ศ. 2024)", "29/02/2567", id="a leap day"),
        pytest.param("29/02/24", "พ.ศ. 2524", "พ.ศ. 2567 (ค.ศ. 2024)", "29/02/2567", id="likelier is no day"),
        pytest.param("1/1/2399", "พ.ศ. 2399", "พ.ศ. 2942 (ค.ศ. 2399)", "01/01/2942", id="just below 2400"),
    ],
)
def test_a_year_of_unclear_era_shows_both_readings(text, buddhist, christian, example):
    error = fault(text)
    assert error.code == "date_ambiguous"
    assert error.params["reading_be"].th.endswith(buddhist)
    assert error.params["reading_ce"].th.endswith(christian)
    assert error.params["example"] == example


def test_the_message_of_an_unclear_year_reads_well_in_both_languages():
    error = fault("31/12/2026")
    assert error.message == (
        "ปี 2026 อ่านได้สองแบบ: 31 ธันวาคม พ.ศ. 2026 หรือ 31 ธันวาคม พ.ศ. 2569 (ค.ศ. 2026) "
        "กรุณาพิมพ์ปี พ.ศ. 4 หลัก เช่น 31/12/2569"
    )
    assert "31 December B.E. 2026 (1483) or 31 December 2026 (B.E. 2569)" in error.message_in("en")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("29/02/2566", "เดือนกุมภาพันธ์ 2566 มี 28 วัน", id="not a leap year"),
        pytest.param("29 ก.พ. 2566", "เดือนกุมภาพันธ์ 2566 มี 28 วัน", id="not a leap year, in words"),
        pytest.param("31/04/2569", "เดือนเมษายนมี 30 วัน", id="31 April"),
        pytest.param("31/04/2026", "เดือนเมษายนมี 30 วัน", id="31 April of any era"),
        pytest.param("31/04/69", "เดือนเมษายนมี 30 วัน", id="31 April of two digits"),
        pytest.param("2023-02-29", "เดือนกุมภาพันธ์ 2566 มี 28 วัน", id="ISO, not a leap year"),
        pytest.param("00/01/2569", "เดือนมกราคมมี 31 วัน", id="day 0"),
        pytest.param("12/31/2569", "ปีหนึ่งมี 12 เดือน กรุณาพิมพ์วันก่อนเดือน", id="month first"),
        pytest.param("1/0/2569", "ปีหนึ่งมี 12 เดือน กรุณาพิมพ์วันก่อนเดือน", id="month 0"),
    ],
)
def test_a_day_that_never_was_is_refused_with_the_reason(text, reason):
    error = fault(text)
    assert (error.code, error.params["reason"].th) == ("date_impossible", reason)
    assert reason in error.message


@pytest.mark.parametrize(
    "text",
    [
        "0000-01-01",
        "1/1/0000",
        "1/1/0065",
        "1/1/0",
        "1/1/256",
        "1/1/25690",
        "พรุ่งนี้",
        "12",
        "03032500",
        "3 มีนาคม",
        "3 มกรา คม ค.ศ. 2500",
        "3 หมีนาคม 2500",
        "2500-03-03T00:00",
        "<script>",
        "1/1/2569" * 1000,
        "/" * 100_000,
        "²/²/2500",
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_date_is_answered_with_an_example(text):
    error = fault(text)
    assert error.code == "date_unreadable"
    assert "21/11/2569" in error.message


@pytest.mark.parametrize("text", ["1/1/9999", "1/1/2700", "1500-01-01", "2157-01-01"])
def test_years_out_of_this_world_are_refused(text):
    assert fault(text).code == "date_year_out_of_range"


@pytest.mark.parametrize("text", ["", "  ", "\u200b"])
def test_an_empty_box_is_missing(text):
    assert isinstance(fault(text), MissingField)


def test_today_is_not_the_future_but_tomorrow_is():
    assert parse("21/11/2569", not_future=True) == TODAY
    error = fault("22/11/2569", not_future=True)
    assert error.code == "date_in_future"
    assert error.message == "22 พ.ย. 2569 ยังมาไม่ถึง กรุณาใส่วันที่ไม่เกินวันนี้ (21 พ.ย. 2569)"


def test_the_day_of_receipt_is_not_too_early_but_the_day_before_is():
    assert parse("21/11/2569", not_before=TODAY) == TODAY
    error = fault("20/11/2569", not_before=TODAY)
    assert (error.code, error.params["earliest"]) == ("date_too_early", TODAY)


def test_today_comes_from_the_clock_in_bangkok():
    with frozen(bangkok(2026, 10, 1)):  # still 30 September in UTC
        assert parse("1/10/2569", not_future=True, today=None) == date(2026, 10, 1)
        assert fault("2/10/2569", not_future=True, today=None).code == "date_in_future"


@settings(max_examples=200, deadline=None)
@given(days, st.sampled_from(["short", "long", "digits"]), st.booleans())
def test_a_date_we_write_is_a_date_we_read(day, style, thai_digits):
    assert parse(thai_date(day, style, thai_digits=thai_digits)) == day


@settings(max_examples=100, deadline=None)
@given(days)
def test_a_date_written_in_english_digits_is_read_too(day):
    assert parse(thai_date(day, "digits", lang="en")) == day


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("0123456789๐๒/-. มีคนาธวพศษsept"), max_size=14) | st.text(max_size=30))
def test_any_text_is_a_date_or_a_clear_error(text):
    try:
        answer = thai_date(parse(text))
    except InvalidField as error:
        answer = error.message
    assert answer
    assert "–" not in answer.replace(text, "")  # the dash of a missing parameter


@pytest.mark.parametrize(
    ("style", "options", "text"),
    [
        pytest.param("short", {}, "12 ก.พ. 2569", id="short"),
        pytest.param("long", {}, "12 กุมภาพันธ์ 2569", id="long"),
        pytest.param("digits", {}, "12/02/2569", id="digits"),
        pytest.param("long", {"thai_digits": True}, "๑๒ กุมภาพันธ์ ๒๕๖๙", id="official letter"),
        pytest.param("short", {"lang": "en"}, "12 Feb 2026", id="English short"),
        pytest.param("long", {"lang": "en"}, "12 February 2026", id="English long"),
        pytest.param("digits", {"lang": "en"}, "2026-02-12", id="English digits"),
    ],
)
def test_writing_a_date(style, options, text):
    assert thai_date(date(2026, 2, 12), style, **options) == text


def test_a_moment_is_written_on_its_bangkok_day():
    last_of_december_in_utc = datetime(2026, 12, 31, 17, 5, tzinfo=UTC)
    assert thai_date(last_of_december_in_utc) == "1 ม.ค. 2570"
    assert thai_datetime(last_of_december_in_utc) == "1 ม.ค. 2570 00:05 น."


def test_writing_a_moment():
    moment = bangkok(2026, 2, 12, 14, 32)
    assert thai_datetime(moment) == "12 ก.พ. 2569 14:32 น."
    assert thai_datetime(moment, "long", thai_digits=True) == "๑๒ กุมภาพันธ์ ๒๕๖๙ ๑๔:๓๒ น."
    assert thai_datetime(moment, lang="en") == "12 Feb 2026 14:32"


def test_the_time_of_official_minutes():
    assert official_time(time(8, 30)) == "๐๘.๓๐ น."  # 003-32
    assert official_time(bangkok(2026, 2, 12, 8, 30)) == "๐๘.๓๐ น."


@pytest.mark.parametrize("style", ["short", "long"])
@pytest.mark.parametrize("lang", ["th", "en"])
def test_twelve_different_months(style, lang):
    names = [thai_month(number, style=style, lang=lang) for number in range(1, 13)]
    assert len(set(names)) == 12
    assert [parse(f"15 {name} 2569").month for name in names] == list(range(1, 13))


def test_thai_digits_of_a_whole_date_are_read():
    assert parse(to_thai_digits("2563-02-25")) == date(2020, 2, 25)
