"""LINE's measures: how Thai and emoji are counted, where a text may be cut, which links may stand."""

import pytest

from line_hooks.limits import (
    LimitProblem,
    LinkProblem,
    check_messages,
    clean,
    graphemes,
    safe_uri,
    shorten,
    shorten_label,
    utf16_length,
)


@pytest.mark.parametrize(
    ("text", "units"), [("น้ำ", 3), ("กา", 2), ("🌊", 2), ("👨‍👩‍👧", 8), ("", 0), ("\ud800", 1)]
)
def test_texts_are_counted_in_utf16_units(text, units):
    assert utf16_length(text) == units


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("น้ำท่วม", ["น้ำ", "ท่", "ว", "ม"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("ฤๅษี", ["ฤ", "ๅ", "ษี"]),
        ("ก็เก๊ะ", ["ก็", "เ", "ก๊", "ะ"]),
        ("👨‍👩‍👧🇹🇭👍🏽", ["👨‍👩‍👧", "🇹🇭", "👍🏽"]),
        ("1️⃣a", ["1️⃣", "a"]),
        ("e\u0301\n\u0301", ["e\u0301", "\n", "\u0301"]),
    ],
)
def test_a_reader_sees_letters_with_their_marks_as_one(text, seen):
    assert list(graphemes(text)) == seen


@pytest.mark.parametrize(
    ("text", "units", "short"),
    [
        ("น้ำท่วม", 7, "น้ำท่วม"),
        ("น้ำท่วมที่", 7, "น้ำท่ว…"),
        ("ที่นี่", 5, "ที่…"),
        ("ที่นี่", 3, "…"),
        ("ab 👨‍👩‍👧", 6, "ab…"),
    ],
)
def test_a_cut_never_parts_a_letter_from_its_marks(text, units, short):
    assert shorten(text, units) == short
    assert utf16_length(short) <= units


def test_labels_are_counted_as_readers_see_them():
    assert shorten_label("ที่" * 20, 20) == "ที่" * 20
    assert shorten_label("ที่" * 21, 20) == "ที่" * 19 + "…"
    assert utf16_length(shorten_label("ก" + "่" * 5000, 20)) <= 80


def test_cleaning_keeps_line_breaks_and_joined_emoji():
    assert clean(" ก\r\nข\rค\tง\u200f👨‍👩‍👧\x07 ") == "ก\nข\nค ง👨‍👩‍👧"


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("https://town.example/ติดตาม?q=ถนน 1".replace(" ", "+"), None),
        ("https://town.example/a%20b", "https://town.example/a%20b"),
        ("https://town.example/100%", "https://town.example/100%25"),
        ("https://town.ไทย/x", "https://town.xn--o3cw4h/x"),
        ("https://town.example:8443/x?a=1&b=2#c", "https://town.example:8443/x?a=1&b=2#c"),
        ("tel:+66430000000", "tel:+66430000000"),
        ("line://nv/location", "line://nv/location"),
        ("https://line.me/R/oaMessage/%40town/?แจ้ง", None),
    ],
)
def test_addresses_come_out_encoded(raw, safe):
    made = safe_uri(raw)
    assert made.isascii()
    assert safe is None or made == safe


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "https://user:word@town.example/",
        "https://town.example/a b",
        "https://town.example/\n",
        "http://town.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https:///nowhere",
        "https://[broken/",
        "https://town.example/" + "ก" * 200,
    ],
)
def test_addresses_that_may_not_stand_on_a_button(raw):
    with pytest.raises(LinkProblem):
        safe_uri(raw)


def flex_card(*contents, alt="x"):
    body = {"type": "box", "layout": "vertical", "contents": list(contents)}
    return {"type": "flex", "altText": alt, "contents": {"type": "bubble", "body": body}}


def uri(address, label="x"):
    return {"type": "button", "action": {"type": "uri", "label": label, "uri": address}}


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"type": "text", "text": "x"}] * 6,
        [{"type": "text", "text": " "}],
        [{"type": "text", "text": "x" * 5001}],
        [{"type": "text", "text": "🌊" * 2501}],
        [flex_card({"type": "text", "text": ""})],
        [flex_card({"type": "text", "text": "x"}, alt="")],
        [flex_card({"type": "text", "text": "x"}, alt="ก" * 401)],
        [flex_card(*[{"type": "text", "text": "ก" * 4000}] * 3)],
        [flex_card(uri("http://town.example"))],
        [flex_card(uri("https://town.example/ไทย"))],
        [flex_card(uri("https://town.example/" + "a" * 1000))],
        [flex_card(uri("https://town.example", label="ก" * 41))],
        [flex_card(uri("https://town.example", label=""))],
        [flex_card({"type": "image", "url": "http://town.example/a.jpg"})],
        [flex_card({"type": "box", "contents": [], "action": {"type": "postback", "data": "x" * 301}})],
        [
            {
                "type": "text",
                "text": "x",
                "quickReply": {"items": [{"action": {"type": "postback", "label": "ก" * 21, "data": "x"}}]},
            }
        ],
        [
            {
                "type": "text",
                "text": "x",
                "quickReply": {"items": [{"action": {"type": "postback", "label": "x", "data": "x"}}] * 14},
            }
        ],
    ],
)
def test_messages_over_a_limit_are_stopped_before_they_are_sent(messages):
    with pytest.raises(LimitProblem):
        check_messages(messages)


def test_messages_at_the_limit_pass():
    check_messages([{"type": "text", "text": "🌊" * 2500}] * 5)
    check_messages([flex_card(uri("https://town.example", label="ที่" * 40), alt="ก" * 400)])
    check_messages([flex_card(uri("http://localhost/x"))], allow_http=True)
