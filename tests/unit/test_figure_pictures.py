"""A picture of figures: drawn in a child, bars from zero and true to their numbers, honest when empty."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

import figure_pictures
from figure_pictures import (
    AXIS,
    BAR,
    FOOT,
    GAP,
    LABEL_LINE,
    MOST_BYTES,
    STRIP,
    WIDTH,
    Bar,
    FigureDrawing,
    FigurePicture,
    FigurePictureFailed,
    draw_figures,
    drawing_of,
    fingerprint,
    height_of,
    told,
)
from figures_child import EDGE, TONES, contrast_to_white, readable, ticks_for
from sandbox import Sandbox, SandboxFailed

DONE = TONES["done"]
DRAWING = FigureDrawing(
    title="สถิติ",
    town="เทศบาลนครขอนแก่น",
    period="ปีงบประมาณ 2570 · ทั้งเทศบาล",
    colour="#5B2A86",
    bars=(Bar("ระหว่างตรวจสอบ", 50, "done"), Bar("เสร็จสิ้น", 100, "done"), Bar("ไม่รับเรื่อง", 0, "done")),
    note="จำนวนเรื่อง · ข้อมูล ณ 20 พ.ย. 2569",
    empty="ปีงบประมาณ 2570 ยังไม่มีเรื่อง",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(children=1) as pool:
        yield pool


def opened(made: FigurePicture) -> Image.Image:
    return Image.open(io.BytesIO(made.data)).convert("RGB")


def length_of(image: Image.Image, row: int) -> int:
    """Return how many pixels a bar is long, at half its height."""
    y = STRIP + GAP + row * (LABEL_LINE + BAR + GAP) + LABEL_LINE + BAR // 2
    return sum(image.getpixel((x, y)) == DONE for x in range(WIDTH))


def test_bars_begin_at_zero_and_are_as_long_as_their_numbers(sandbox):
    made = draw_figures(DRAWING, sandbox)
    image = opened(made)

    half, whole, none = (length_of(image, row) for row in range(3))
    assert whole > 500
    assert abs(whole - 2 * half) <= 4
    assert none == 0
    assert image.getpixel((EDGE + 1, STRIP + GAP + LABEL_LINE + BAR // 2)) == DONE
    assert (made.width, made.height) == image.size == (WIDTH, height_of(DRAWING))


def test_the_rule_wears_the_towns_colour_and_the_same_wish_is_the_same_picture(sandbox):
    made = draw_figures(DRAWING, sandbox)

    assert opened(made).getpixel((WIDTH // 2, STRIP - 3)) == (0x5B, 0x2A, 0x86)
    assert made.data == draw_figures(DRAWING, sandbox).data


def test_an_empty_year_says_so_instead_of_drawing_an_axis(sandbox):
    empty = replace(DRAWING, bars=tuple(replace(bar, count=0) for bar in DRAWING.bars))

    image = opened(draw_figures(empty, sandbox))

    middle = image.crop((0, STRIP + GAP, WIDTH, image.height - FOOT)).convert("L")
    box = middle.point(lambda level: 255 if level < 140 else 0).getbbox()
    assert box is not None, "words stand in the middle"
    assert abs((box[0] + box[2]) / 2 - WIDTH / 2) < 10
    assert image.height < height_of(DRAWING)


def test_more_and_longer_than_fits_is_cut_and_stays_small(sandbox):
    bars = tuple(Bar("งานที่มีชื่อยาวเกินกว่าจะเขียนได้หมดในบรรทัดเดียว" * 3, 99_999_999 - n) for n in range(14))

    made = draw_figures(replace(DRAWING, bars=bars, title="ก" * 300, town="เทศบาล" * 60), sandbox)

    assert len(made.data) <= MOST_BYTES
    assert made.height == STRIP + GAP + 10 * (LABEL_LINE + BAR + GAP) + AXIS + FOOT
    assert made.height < 3 * WIDTH, "LINE shows nothing taller than three times its width"


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (99, [0, 50, 100]),
        (399, [0, 100, 200, 300, 400]),
    ],
)
def test_the_axis_has_few_round_whole_steps_from_zero_past_the_longest_bar(most, ticks):
    assert ticks_for(most) == ticks


def test_a_pale_town_still_has_bars_that_can_be_seen():
    assert contrast_to_white(readable((255, 240, 120))) >= 3
    assert readable((15, 94, 115)) == (15, 94, 115)


def test_a_drawing_is_kept_as_plain_values_and_told_from_others(monkeypatch):
    assert drawing_of(told(DRAWING)) == DRAWING
    one = fingerprint(DRAWING)
    assert fingerprint(drawing_of(told(DRAWING))) == one
    assert fingerprint(replace(DRAWING, bars=DRAWING.bars[:2])) != one
    monkeypatch.setattr(figure_pictures, "_way_of_drawing", lambda: b"drawn in another way")
    assert fingerprint(DRAWING) != one


@pytest.mark.parametrize(
    "outcome", [SandboxFailed("timeout", "wall clock"), FigurePicture(b"x" * (MOST_BYTES + 1), 1, 1), None]
)
def test_no_picture_is_told_in_words(outcome):
    class Spoilt:
        def run(self, *_args: object, **_more: object) -> object:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

    with pytest.raises(FigurePictureFailed):
        draw_figures(DRAWING, Spoilt())  # type: ignore[arg-type]
