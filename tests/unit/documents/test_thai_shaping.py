"""HarfBuzz chooses and places the glyphs; each still stands for the letters it was made from."""

from pathlib import Path

import fontpkg_sarabun
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from documents import thai_shaping
from documents.thai_shaping import shape, steps, texts_of, to_unicode_cmap

FONT = "Shaped-Sarabun"


@pytest.fixture(autouse=True, scope="module")
def font():
    path = Path(fontpkg_sarabun.ROOT) / "files" / "Sarabun-Regular.ttf"
    pdfmetrics.registerFont(TTFont(FONT, str(path)))


def stands_for(letter):
    return thai_shaping._stands_for.get(ord(letter), letter)


@pytest.mark.parametrize("word", ["ที่", "ซื้อ", "ปั้น", "ฝุ่น", "ฟ้า", "ป๋า", "ชั้น"])
def test_a_tone_mark_above_a_vowel_or_a_tall_letter_is_another_glyph(word):
    mark = next(number for number, letter in enumerate(word) if letter in "่้๊๋")
    glyph = shape(FONT, word).glyphs[mark]

    assert glyph.letter != word[mark]
    assert stands_for(glyph.letter) == word[mark]


@pytest.mark.parametrize(("word", "letter"), [("ญู", "ญ"), ("ฐู", "ฐ"), ("ฏุ", "ฏ")])
def test_a_letter_loses_its_foot_above_a_low_vowel(word, letter):
    first = shape(FONT, word).glyphs[0].letter

    assert first != letter
    assert stands_for(first) == letter


def test_a_plain_letter_keeps_its_own_glyph():
    assert shape(FONT, "กา").letters == "กา"


def test_sara_am_after_a_tone_mark_is_drawn_ring_first_and_read_as_typed():
    glyphs = shape(FONT, "น้ำ").glyphs

    assert [stands_for(glyph.letter) for glyph in glyphs] == ["น", "้", "ำ"]


@given(st.text(st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B), min_size=1, max_size=12))
@settings(max_examples=500, deadline=None)
def test_whatever_is_drawn_reads_as_it_was_typed(run):
    assert "".join(stands_for(glyph.letter) for glyph in shape(FONT, run).glyphs) == run


def test_glyphs_of_one_cluster_share_its_text():
    assert texts_of([0, 1, 1], "นำ") == ["น", "", "ำ"]
    assert texts_of([0, 1, 1], "น้ำ") == ["น", "้", "ำ"]
    assert texts_of([0, 1, 1, 1], "น้ำ") == ["น", "้", "", "ำ"]


def test_a_long_move_to_the_right_is_made_in_short_steps():
    assert steps(0) == []
    assert steps(163) == ["163"]
    assert [float(step) for step in steps(-160)] == [-80.0, -80.0]


def test_the_table_for_machines_names_what_private_letters_stand_for():
    private = next(glyph.letter for glyph in shape(FONT, "ที่").glyphs if ord(glyph.letter) > 0xFFFF)

    cmap = to_unicode_cmap("X", [0, ord("ก"), ord(private)])

    assert "<00> <FFFD>" in cmap
    assert "<01> <0E01>" in cmap
    assert "<02> <0E48>" in cmap
