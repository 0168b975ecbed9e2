"""A town may choose its colour, as long as everybody can read it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.town_colour import ENOUGH, contrast, mix, palette_of, parse_colour, to_hex

HEX = st.tuples(*[st.integers(0, 255)] * 3).map(to_hex)
WHITE, DARK_SURFACE, DARK_PAGE = "#FFFFFF", "#18242A", "#10181C"


def between(one: str, other: str) -> float:
    first, second = parse_colour(one), parse_colour(other)
    assert first is not None
    assert second is not None
    return contrast(first, second)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#FFFFFF", 21.0), ("#0F5E73", "#FFFFFF", 7.3), ("#777777", "#777777", 1.0)],
)
def test_contrast_is_counted_as_wcag_counts_it(one: str, other: str, expected: float) -> None:
    assert between(one, other) == pytest.approx(expected, abs=0.05)


def test_our_own_colour_passes() -> None:
    palette = palette_of("#0F5E73")
    assert palette is not None
    assert palette.primary == "#0F5E73"


@pytest.mark.parametrize("colour", ["#FFE600", "#F4A6C0", "#FFFFFF", "#8FC0FF"])
def test_a_colour_too_faint_to_read_is_not_taken(colour: str) -> None:
    assert palette_of(colour) is None


@pytest.mark.parametrize("colour", ["", "teal", "#0F5", "#0F5E7G", "red;}body{display:none", "#0F5E73;x:y"])
def test_what_is_no_colour_is_not_taken(colour: str) -> None:
    assert palette_of(colour) is None


@given(HEX)
def test_whatever_is_taken_can_be_read_on_light_and_dark(colour: str) -> None:
    palette = palette_of(colour)
    if palette is None:
        return
    assert between(palette.primary, WHITE) >= ENOUGH
    assert between(palette.primary, palette.tint) >= ENOUGH
    assert between(palette.hover, WHITE) >= ENOUGH
    assert between(palette.dark_primary, DARK_SURFACE) >= ENOUGH
    assert between(palette.dark_primary, DARK_PAGE) >= ENOUGH
    assert between(palette.dark_primary, palette.dark_tint) >= ENOUGH


def test_the_rules_replace_the_primary_colour_in_both_looks() -> None:
    palette = palette_of("#7A1F5C")
    assert palette is not None
    css = palette.css()
    assert css.startswith(":root{--primary:#7A1F5C;")
    assert css.count(f"--primary:{palette.dark_primary}") == 2


def test_mixing_keeps_to_the_ends() -> None:
    assert mix((10, 20, 30), (200, 200, 200), 1) == (10, 20, 30)
    assert mix((10, 20, 30), (200, 200, 200), 0) == (200, 200, 200)
