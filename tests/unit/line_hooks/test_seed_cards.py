"""The messages the town is planted with: LINE takes each, whatever a case holds, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

import seed
from domain.tellings import EVERY_TELLING
from line_hooks.limits import walk
from line_hooks.messages import build
from line_sim.checks import check_body
from line_sim.state import user_id_for

TEMPLATES = seed.document("message_templates.json")["templates"]
LONG = "น้ำท่วมที่นี่ทุกปี “ขอให้มาดู” {number} 👨‍👩‍👧 " * 80
POSTBACKS = {"acknowledge": "a=acknowledge", **{f"rate_{stars}": f"r={stars}" for stars in range(1, 6)}}
NAMED = {
    "number": "อส. 56/2569",
    "public_code": "2026-14",
    "state_code": "awaiting_plan",
    "state_word": "รอเข้าแผน",
    "contact_phone": "0 4300 0100",
    "stars": 4,
    "steps": [("ได้รับเรื่องแล้ว", "done"), ("รอเข้าแผน", "now")],
    **{key: f"https://town.example/{key}" for key in ("track_url", "add_url", "reopen_url", "admin_url")},
    **{key: f"https://town.example/{key}" for key in ("result_url", "map_url", "list_url")},
    "counts": [{"word": "ของท่าน เกินกำหนด", "count": 3, "url": "https://town.example/late"}] * 8,
}
WRITTEN = ("subtype_name", "place", "story_short", "zone", "community", "department", "officer_name")
WRITTEN += ("summary", "result_text", "reason", "comment", "kind_word", "outcome_word")
DATES = ("due_text", "done_date_text")

each = pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: f"{one['key']}-{one['lang']}")


def card_of(template: dict[str, Any], written: str, date: str = "24 พ.ย. 2569") -> list[dict[str, Any]]:
    case = {"number": "อส. 56/2569", "what": written, "due": date, "is_late": "yes"}
    facts = {**NAMED, **dict.fromkeys(WRITTEN, written), **dict.fromkeys(DATES, date), "cases": [case] * 9}
    return build(template["layout"], template["words"], facts, POSTBACKS)  # type: ignore[arg-type]


def texts_of(messages: list[dict[str, Any]]) -> list[str]:
    return [node["text"] for node in walk(messages) if node.get("type") == "text"]


@each
@pytest.mark.parametrize("written", ["", "หลุมหน้าบ้านเลขที่ 12", LONG], ids=["nothing", "a line", "pages"])
def test_line_takes_the_card_whatever_was_written(template: dict[str, Any], written: str) -> None:
    push = {"to": user_id_for("malee"), "messages": card_of(template, written)}

    assert check_body("push", push) == []


@pytest.mark.parametrize(
    "template",
    [one for one in TEMPLATES if "label_reason" in one["words"]],
    ids=lambda one: f"{one['key']}-{one['lang']}",
)
def test_a_reason_is_shown_under_a_label_and_no_label_without_one(template: dict[str, Any]) -> None:
    label = template["words"]["label_reason"]
    without, said = texts_of(card_of(template, "")), texts_of(card_of(template, "เพราะฝนตก"))

    assert label not in without
    assert said[said.index(label) + 1] == "เพราะฝนตก"


@each
def test_a_citizen_is_told_what_comes_next_or_whom_to_call(template: dict[str, Any]) -> None:
    if template["layout"] == "request_card":  # Speaks of no complaint: there is nothing to open.
        assert "button_call" in template["words"]
        return
    if not template["key"].startswith("citizen"):
        assert {"button_open", "button_list"} & set(template["words"])
        return
    assert "{contact_phone}" in template["words"]["body"]
    assert {"button_view", "button_call"} <= set(template["words"])


def test_citizens_read_plain_words() -> None:
    stiff = ("ดำเนินการต่อไป", "พิกัด", "ข้าพเจ้า", "อนึ่ง", "ขอเรียนให้ทราบ")
    said = {one["key"]: str(one["words"]) for one in TEMPLATES if one["key"].startswith("citizen")}

    assert {key for key, words in said.items() if any(word in words for word in stiff)} == set()


def test_no_message_lies_about_that_nothing_sends() -> None:
    told = {telling.template_key for telling in EVERY_TELLING}

    assert {one["key"] for one in TEMPLATES} == told
