"""Thai text goes in clean, is found however it was spelled, and sorts as the dictionary does."""

import sqlite3
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import thai_text
from domain.errors import InvalidField, MissingField
from domain.thai_text import (
    clean_text,
    grapheme_truncate,
    graphemes,
    mask_name,
    search_form,
    sort_key,
    to_arabic_digits,
    to_thai_digits,
    utf16_length,
    utf16_truncate,
)

THAI = "กขงจดทนมรสหอะัาำิีึืุูเแโใไๆ็่้๊๋์ํฺฯ๐๑๒"
MARKS = "ัิีึืฺุู็่้๊๋์ํ"
NASTY = "\x00\t\n\r\u200b\u200d\u202e\u2067\ud800\u0301\u0489\ufeff\ufe0f\U0001f468\U0001f469\uf70a é-–İß"
any_text = st.text(st.sampled_from(THAI + NASTY), max_size=60) | st.text(
    st.characters(exclude_categories=()), max_size=60
)
plain_thai = st.text(st.sampled_from("กขคงจดนมยรลวสหอาะเแโใไ่้ ญ12๓"), max_size=12)


def clean(text, **options):
    return clean_text(text, **{"max_length": 1000, "field": "story", **options})


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("น้ํา", "น้ำ", id="sara am in two letters"),
        pytest.param("นํ้า", "น้ำ", id="sara am in two letters, tone between"),
        pytest.param("นำ้", "น้ำ", id="tone typed after sara am"),
        pytest.param("ท่ีน่ี", "ที่นี่", id="tone typed before the vowel"),
        pytest.param("เเดง", "แดง", id="two เ for one แ"),
        pytest.param("กู้้้้", "กู้", id="one mark pressed many times"),
        pytest.param("สิทธิ์", "สิทธิ์", id="two marks that belong"),
        pytest.param("ที\uf70aน\uf70bำ", "ที่น้ำ", id="shifted marks copied from a PDF"),
        pytest.param("ถนน\u200bชำรุด", "ถนนชำรุด", id="zero-width space"),
        pytest.param("ก\u200dข\u200cค", "กขค", id="joiners Thai does not need"),
        pytest.param("\U0001f468\u200d\U0001f469\u200d\U0001f467", "👨‍👩‍👧", id="a family keeps its joiners"),
        pytest.param("❤\ufe0f 1\ufe0f\u20e3", "❤️ 1️⃣", id="emoji keep their variation"),
        pytest.param("ab\u202egnp\u2066x\u2069", "abgnpx", id="bidi override and isolates"),
        pytest.param("ก\x00ข\x1b[2Jค\x7f", "กข[2Jค", id="NUL, escape, delete"),
        pytest.param("ก\ud800ข\udfff", "กข", id="lone surrogates"),
        pytest.param("ก\ufffeข\uffff", "กข", id="non-characters XML cannot hold"),
        pytest.param("e\u0301", "é", id="composed"),
        pytest.param("หนึ่ง\r\nสอง\rสาม\u2028สี่", "หนึ่ง\nสอง\nสาม\nสี่", id="every line end"),
        pytest.param("  หน้า  \n\n\n\n  หลัง\t\n", "หน้า\n\n  หลัง", id="empty lines and loose ends"),
        pytest.param("ซอย\xa05\u3000หมู่", "ซอย 5 หมู่", id="strange spaces"),
        pytest.param("{{7*7}} <b> =1+1 %s", "{{7*7}} <b> =1+1 %s", id="code stays what was typed"),
        pytest.param(None, "", id="nothing"),
    ],
)
def test_cleaning(typed, stored):
    assert clean(typed) == stored


def test_fifty_stacked_marks_come_down_to_what_a_letter_can_carry():
    zalgo = "ก" + "่้๊๋์ิีึ" * 6 + "x" + "".join(chr(0x300 + n) for n in range(50))
    marks = [unicodedata.category(char) for char in clean(zalgo)].count("Mn")
    assert marks == 3 + 3


def test_a_single_line_has_no_line_ends():
    assert clean(" นาย\tสมชาย \n ใจดี ", multiline=False) == "นาย สมชาย ใจดี"


def test_a_text_may_be_exactly_as_long_as_allowed():
    assert clean("ก" * 1000) == "ก" * 1000


def test_a_text_too_long_says_how_long_it_is():
    with pytest.raises(InvalidField) as caught:
        clean("ก" * 100_000, max_length=4000, field="details")
    assert (caught.value.code, caught.value.field) == ("text_too_long", "details")
    assert caught.value.params == {"max": 4000, "length": 100_000}


def test_length_counts_after_cleaning():
    assert clean("ก\u200b" * 10, max_length=10) == "ก" * 10


@pytest.mark.parametrize(
    "text", ["", "  \n ", "\u200b\u202e", None], ids=["empty", "spaces", "unseen", "none"]
)
def test_a_required_text_that_nobody_can_see_is_missing(text):
    with pytest.raises(MissingField):
        clean(text, required=True)


@settings(max_examples=300, deadline=None)
@given(any_text)
def test_cleaning_twice_changes_nothing_more(text):
    once = clean(text)
    assert clean(once) == once
    assert search_form(once) == search_form(text)


@settings(max_examples=300, deadline=None)
@given(any_text)
def test_clean_text_can_be_stored_printed_and_sent(text):
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert cleaned == cleaned.strip()
    assert not [char for char in cleaned if unicodedata.category(char) == "Cc" and char not in "\n\t"]
    assert not any(char in cleaned for char in "\u200b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@settings(max_examples=300, deadline=None)
@given(any_text)
def test_the_search_form_is_a_fixed_point(text):
    once = search_form(text)
    assert search_form(once) == once
    assert once == " ".join(once.split())


@settings(max_examples=200, deadline=None)
@given(plain_thai, plain_thai, plain_thai)
def test_a_part_of_a_text_is_found_in_it(before, part, after):
    spaced = f"{before} {part} {after}"
    assert search_form(part) in search_form(spaced)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("๐๙๓-๕๗๒", "093-572", id="Thai digits, dash kept"),
        pytest.param("นํ้าท่วม", "น้ำท่วม", id="sara am"),
        pytest.param("TRAFFY", "traffy", id="case"),
        pytest.param("ต่าง ๆ", "ต่างๆ", id="space before mai yamok"),
        pytest.param(" ไฟ \n ดับ ", "ไฟ ดับ", id="white space"),
        pytest.param("2014–14", "2014-14", id="a typographic dash"),
        pytest.param("ฝา\u200bท่อ", "ฝาท่อ", id="zero-width space"),
    ],
)
def test_two_spellings_meet_in_search(typed, stored):
    assert search_form(typed) == search_form(stored) == stored


@settings(max_examples=100, deadline=None)
@given(st.text("๐๑๒๓๔๕๖๗๘๙กa ", max_size=30))
def test_thai_digits_go_there_and_back(text):
    assert to_thai_digits(to_arabic_digits(text)) == text


def test_digits_of_an_official_number():
    assert to_thai_digits("ครั้งที่ 1/2565") == "ครั้งที่ ๑/๒๕๖๕"
    assert to_arabic_digits("อส. ๕๖/๒๕๖๙") == "อส. 56/2569"


IN_ORDER = [
    pytest.param(["ไก่", "ใจดี", "แดง"], id="the names Python puts wrongly (ux.md)"),
    pytest.param(["กา", "ก่า", "ก้า", "ก๊า", "ก๋า", "การ"], id="tones decide last"),
    pytest.param(["กะ", "กัด", "กา", "กำ", "กิน", "กี่", "กึก", "กืน", "กุ", "กู"], id="vowels after ก"),
    pytest.param(["กู", "เก", "แก", "โก", "ใก", "ไก"], id="leading vowels after their consonant"),
    pytest.param(["กาก่า", "ก่ากา"], id="the later tone first"),
    pytest.param(["เก่า", "เกาะ", "แก่น", "แก้ว", "ขา", "ครู"], id="a column of the dictionary"),
    pytest.param(["เดก", "เด็ก", "เดน"], id="mai taikhu is a tone"),
    pytest.param(["ฤกษ์", "ฤทัย", "ลา", "ฦๅชา", "วัน"], id="ฤ and ฦ between ร ล ว"),
    pytest.param(["ชุมชน", "ชุมชน 2", "ชุมชน ๓", "ชุมชน 10", "ชุมชน 100"], id="numbers by value"),
    pytest.param(["โนนชัย 1", "โนนชัย2", "โนนชัย 3"], id="with or without a space before the number"),
    pytest.param(["0", "007", "8", "123456789", "1234567890", "9" * 40], id="long numbers"),
    pytest.param(["Apple", "banana", "Cherry", "กล้วย"], id="case does not count, Latin first"),
    pytest.param(["สมชาย ใจดี", "สมชาย แสนดี", "สมชายชาติ ก"], id="given name before family name"),
    pytest.param(["กรุงเทพ", "กรุงเทพฯ", "กรุงเทพมหานคร"], id="paiyannoi"),
]


@pytest.mark.parametrize("words", IN_ORDER)
def test_thai_dictionary_order(words):
    backwards = words[::-1]
    assert sorted(backwards, key=sort_key) == words


@pytest.mark.parametrize("words", IN_ORDER)
def test_the_database_sorts_keys_as_python_does(words):
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table word (text text, sort_key text)")
        connection.executemany(
            "insert into word values (?, ?)", [(word, sort_key(word)) for word in words[::-1]]
        )
        rows = connection.execute("select text from word order by sort_key").fetchall()
    connection.close()
    assert [text for (text,) in rows] == words


def test_a_key_is_short_where_no_mark_asks_for_more():
    assert [sort_key(word) for word in ("กา", "แดง", "Zoo 10", "")] == ["กา", "ดแง", "zoo210", ""]


@settings(max_examples=200, deadline=None)
@given(any_text, any_text)
def test_keys_compare_alike_as_letters_and_as_bytes(one, other):
    keys = sort_key(one), sort_key(other)
    assert (keys[0] < keys[1]) == (keys[0].encode() < keys[1].encode())
    assert "\x00" not in keys[0]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from("กขคงนม"), min_size=1, max_size=6), st.data())
def test_marks_never_outweigh_letters(letters, data):
    marked = "".join(letter + data.draw(st.sampled_from(["", "่", "้", "๊", "็"])) for letter in letters)
    assert sort_key("".join(letters)) <= sort_key(marked) < sort_key("".join(letters) + "ก")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_numbers_sort_by_value(one, other):
    assert (sort_key(f"เขต {one}") < sort_key(f"เขต{other}")) == (one < other)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        pytest.param("ที่นี่น้ำ", ["ที่", "นี่", "น้ำ"], id="marks and sara am stay with their letter"),
        pytest.param("ไก่", ["ไ", "ก่"], id="a leading vowel is a letter"),
        pytest.param("👨‍👩‍👧🇹🇭🇱🇦1️⃣", ["👨‍👩‍👧", "🇹🇭", "🇱🇦", "1️⃣"], id="family, flags, key"),
        pytest.param("👍🏽!", ["👍🏽", "!"], id="skin tone"),
        pytest.param("a\r\n\u0301", ["a", "\r\n", "\u0301"], id="a line end carries no mark"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_letters_as_a_reader_counts_them(text, letters):
    assert list(graphemes(text)) == letters


@pytest.mark.parametrize(
    ("text", "n", "cut"),
    [
        pytest.param("ที่นี่", 2, "ที่นี่", id="fits"),
        pytest.param("ที่นี่น้ำท่วม", 4, "ที่นี่น้ำ…", id="whole letters"),
        pytest.param("บ้านไกล", 4, "บ้าน…", id="fits without the leading vowel"),
        pytest.param("น้ำไหล", 3, "น้ำ…", id="no lonely leading vowel"),
        pytest.param("น้ำ ไหล", 3, "น้ำ…", id="no space before the ellipsis"),
        pytest.param("กขค", 1, "ก", id="no room for the ellipsis"),
        pytest.param("กขค", 0, "", id="no room at all"),
        pytest.param("กขค", -1, "", id="less than no room"),
    ],
)
def test_cutting_by_letters(text, n, cut):
    assert grapheme_truncate(text, n) == cut


@settings(max_examples=200, deadline=None)
@given(any_text, st.integers(0, 30))
def test_a_cut_text_never_exceeds_its_room(text, n):
    assert len(list(graphemes(grapheme_truncate(text, n)))) <= n
    assert utf16_length(utf16_truncate(text, n)) <= n


@settings(max_examples=200, deadline=None)
@given(any_text)
def test_letters_put_together_are_the_text(text):
    assert "".join(graphemes(text)) == text


def test_utf16_counts_as_line_does():
    assert utf16_length("น้ำ👍") == 5
    assert utf16_truncate("👍👍👍", 5) == "👍👍…"
    assert utf16_truncate("👍👍👍", 6) == "👍👍👍"
    assert utf16_truncate("👍👍", 1) == ""


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_utf16_length_is_what_utf16_takes(text):
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


THAI_AND_OTHERS = st.text(
    st.sampled_from(
        [*map(chr, range(0x0E01, 0x0E5C)), *" aZ1-~", "\u0e4d", "\u0e32", "\xa0", "\n", "\u200b", "é"]
    )
)


@given(THAI_AND_OTHERS)
@settings(max_examples=600)
def test_the_short_way_for_plain_text_changes_nothing_the_long_way_would(text):
    assert thai_text._normalise(text) == thai_text._repair(text)
    assert thai_text.search_form(text) == thai_text._repaired_form(text)


def test_the_short_way_does_not_lose_itself_in_a_long_text():
    assert thai_text._normalise("กา" * 50_000 + "\x00") == "กา" * 50_000


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        pytest.param("สมชาย ใจดี", "สxxx ใจxxx", id="a leading vowel with its consonant"),
        pytest.param("น้ำ", "น้ำxxx", id="a letter with its marks"),
        pytest.param("ก", "กxxx", id="one letter"),
        pytest.param("John Smith", "Jxxx Sxxx", id="Latin"),
        pytest.param("", "", id="no name"),
    ],
)
def test_a_masked_name_shows_only_its_first_letters(name, masked):
    assert mask_name(name) == masked
