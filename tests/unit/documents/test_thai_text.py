"""Thai text for print: what may not be printed, and where a line may begin."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.thai_text import clean, clusters, has_thai, learn, line_starts

thai_letters = st.text(st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B), max_size=60)
any_text = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=60)


def broken(text):
    """The text with a bar wherever a line may begin."""
    edges = [0, *line_starts(text), len(text)]
    return "|".join(text[start:end] for start, end in pairwise(edges))


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("น\u0e4d\u0e32", "นำ"),
        ("น\u0e4d\u0e49\u0e32", "น้ำ"),
        ("น\u0e49\u0e4d\u0e32", "น้ำ"),
        ("น้ำ", "น้ำ"),
        ("นิ\u0e4d", "นิ\u0e4d"),
    ],
)
def test_sara_am_is_one_letter_however_it_was_typed(typed, printed):
    assert clean(typed) == printed


@pytest.mark.parametrize("unseen", list("\x00\x07\x1b\x7f\x85\xad\u200b\u202e\ufeff\ufffe\ud800\udc00\ue000"))
def test_what_no_printer_should_see_is_dropped(unseen):
    assert clean(f"ถนน{unseen}พัง") == "ถนนพัง"


def test_line_ends_tabs_and_other_languages_stay():
    text = "บรรทัดหนึ่ง\n\tline two\r\né ß 中 ๑๒๓ ฿20 😡"

    assert clean(text) == text


@given(any_text)
def test_cleaning_twice_changes_nothing_and_leaves_what_utf8_can_write(text):
    once = clean(text)

    assert clean(once) == once
    once.encode()


def test_a_sentence_breaks_between_words():
    assert broken("ถนนหน้าหมู่บ้านชำรุดเป็นหลุมเป็นบ่อ") == "ถนน|หน้า|หมู่บ้าน|ชำรุด|เป็น|หลุม|เป็น|บ่อ"


def test_spaces_stay_at_the_end_of_the_line_before():
    assert broken("ถนนพัง ไฟดับ") == "ถนน|พัง |ไฟ|ดับ"


def test_the_repetition_sign_never_begins_a_line():
    assert broken("ต่าง ๆ นานา") == "ต่าง ๆ |นานา"
    assert broken("มากๆ เลย") == "มากๆ |เลย"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("(ริมบึง)", "(ริม|บึง)"),
        ("“ป้าย”ชั้นที่", "“ป้าย”|ชั้น|ที่"),
        ("เวลา 09.00น.", "เวลา |09.00|น."),
        ("พ.ศ.2569", "พ.ศ.2569"),
        ("๑๐/๒๕๖๙", "๑๐/๒๕๖๙"),
        ("฿๒๐๐บาท", "฿๒๐๐|บาท"),
        ("โทร 081-234-5678", "โทร |081-234-5678"),
        ("hello world", "hello |world"),
    ],
)
def test_signs_numbers_and_abbreviations_stay_together(text, lines):
    assert broken(text) == lines


def test_a_name_of_a_place_is_kept_whole_once_it_is_known():
    name = "บึงหนองโคตรแก้ว"
    assert broken(f"ที่{name}ครับ") != f"ที่|{name}|ครับ"

    learn([name, "Latin names need no help"])

    assert broken(f"ที่{name}ครับ") == f"ที่|{name}|ครับ"


@given(thai_letters)
@settings(max_examples=300, deadline=None)
def test_no_line_begins_with_a_mark_or_ends_with_a_leading_vowel(text):
    for position in line_starts(text):
        assert text[position] not in "ะัาำิีึืฺุู็่้๊๋์ํ๎ๅๆฯ"
        assert text[position - 1] not in "เแโใไ"


@given(thai_letters)
@settings(max_examples=300)
def test_cutting_a_word_into_letters_loses_nothing_and_keeps_marks_with_their_letter(text):
    parts = clusters(text)

    assert "".join(parts) == text
    assert all(part[0] not in "ัิีึืฺุู็่้๊๋์ํ๎" for part in parts[1:])


def test_a_word_without_end_is_cut_into_letters_all_the_same():
    assert clusters("ว้าาาเเก๊ก") == ["ว้า", "าา", "เ", "เก๊", "ก"]


def test_thai_is_told_from_the_rest():
    assert has_thai("room ๕")
    assert not has_thai("room 5 é 中")


def test_finding_words_writes_nothing_into_the_home_folder(tmp_path):
    program = "from documents.thai_text import line_starts; print(line_starts('ถนนพัง'))"
    root = Path(__file__).resolve().parents[3]
    environment = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PYTHONUTF8": "1"}

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "(3,)"
    assert list(tmp_path.iterdir()) == []
