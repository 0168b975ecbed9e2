"""A button says what it is about, and nobody else can write one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from line_hooks.postback import MAX_LENGTH, Postback, decode, encode

KEY = b"0123456789abcdef0123456789abcdef"


def test_acknowledge_carries_the_case_and_its_state_number():
    data = encode("acknowledge", "2026-14", KEY, state_seq=3)
    assert data.startswith("a=acknowledge&c=2026-14&s=3&h=")
    assert decode(data, KEY) == Postback("acknowledge", "2026-14", state_seq=3)


def test_a_rating_carries_its_value():
    data = encode("rate", "2026-14", KEY, value=5)
    assert decode(data, KEY) == Postback("rate", "2026-14", value=5)


def test_the_longest_button_is_far_below_lines_limit():
    longest = encode("a" * 32, "2" * 32, KEY, state_seq=999_999_999, value=9999)
    assert len(longest) < MAX_LENGTH / 2
    assert longest.isascii()


@pytest.mark.parametrize(
    "forged",
    [
        None,
        "",
        "a=acknowledge&c=2026-14&s=3",
        "a=acknowledge&c=2026-14&s=3&h=",
        "action=buy&itemid=111",
        "{}",
        "a=acknowledge&c=2026-14&s=3&h=" + "A" * 22,
        "x" * 301,
        42,
    ],
)
def test_what_we_did_not_write_says_nothing(forged):
    assert decode(forged, KEY) is None


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("acknowledge", "record_result"),
        ("2026-14", "2026-15"),
        ("s=3", "s=4"),
        ("s=3", "s=03"),
        ("s=3", "s=๓"),
        ("&s=3", ""),
        ("&s=3", "&s=3&v=5"),
        ("a=", "A="),
        ("&h=", "&v=1&h="),
    ],
)
def test_a_button_changed_in_any_part_says_nothing(part, other):
    data = encode("acknowledge", "2026-14", KEY, state_seq=3)
    assert decode(data.replace(part, other, 1), KEY) is None


def test_white_space_around_a_button_is_not_forgiven():
    data = encode("acknowledge", "2026-14", KEY, state_seq=3)
    assert decode(data + "\n", KEY) is None
    assert decode(" " + data, KEY) is None


def test_another_key_opens_nothing():
    data = encode("acknowledge", "2026-14", KEY, state_seq=3)
    assert decode(data, b"another key of sufficient length") is None


@pytest.mark.parametrize(
    ("action", "code", "more"),
    [
        ("Acknowledge", "2026-14", {}),
        ("acknowledge", "อส. 56/2569", {}),
        ("acknowledge", "2026-14&s=9", {}),
        ("acknowledge", "", {}),
        ("acknowledge", "2026-14", {"state_seq": -1}),
        ("rate", "2026-14", {"value": 10_000}),
    ],
)
def test_what_does_not_fit_a_button_is_refused_when_it_is_written(action, code, more):
    with pytest.raises(ValueError, match="cannot be written"):
        encode(action, code, KEY, **more)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        encode("rate", "2026-14", b"short", value=5)


@settings(deadline=None)
@given(st.text(max_size=320))
def test_no_text_in_the_world_makes_decoding_fail(data):
    assert decode(data, KEY) is None


@settings(deadline=None)
@given(
    seq=st.none() | st.integers(0, 999_999_999),
    value=st.none() | st.integers(0, 9999),
    running=st.integers(1, 999_999),
)
def test_every_button_reads_back_as_it_was_written(seq, value, running):
    data = encode("start", f"2026-{running}", KEY, state_seq=seq, value=value)
    assert decode(data, KEY) == Postback("start", f"2026-{running}", seq, value)
