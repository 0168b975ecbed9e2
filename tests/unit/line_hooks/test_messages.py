"""Cards: what they say, what they never say, and that LINE would take every one of them."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linebot.v3.messaging import PushMessageRequest

from line_hooks import flex
from line_hooks.limits import LimitProblem, LinkProblem, walk
from line_hooks.messages import LAYOUTS, CardProblem, TemplateProblem, build, check_words
from line_hooks.postback import encode
from line_sim.checks import check_body
from line_sim.state import user_id_for

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "line"
KEY = b"a postback key for these tests.."

FACTS = {
    "number": "อส. 56/2569",
    "public_code": "2026-14",
    "state_code": "in_progress",
    "state_word": "กำลังดำเนินการ",
    "kind_word": "เรื่องร้องทุกข์",
    "subtype_name": "ขยะตกค้าง",
    "place": "หน้าตลาดสด ซอย 4",
    "zone": "เขต 3",
    "community": "ชุมชนริมบึง",
    "story_short": "ถังขยะล้นมาสามวันแล้ว ส่งกลิ่นรบกวนคนที่มาตลาด",
    "due_text": "24 พฤศจิกายน 2569",
    "department": "สำนักสาธารณสุข",
    "officer_name": "สมชาย ใจดี",
    "result_text": "เก็บขยะและล้างพื้นที่แล้ว เพิ่มถังอีกสองใบ",
    "done_date_text": "21 พฤศจิกายน 2569",
    "reason": "",
    "comment": "",
    "contact_phone": "0 4300 0000",
    "track_url": "https://town.example/track/2026-14",
    "admin_url": "https://town.example/admin/complaints/14",
    "map_url": "https://maps.example/?q=16.432,102.834",
    "steps": [("ได้รับเรื่องแล้ว", "done"), ("กำลังดำเนินการ", "now"), ("ดำเนินการเสร็จสิ้น", "todo")],
}
CARD = {"title": "ความคืบหน้า", "body": "เจ้าหน้าที่กำลังลงพื้นที่", "alt": "{number} {state_word}"}
CITIZEN = {**CARD, "button_view": "ดูเรื่องของฉัน", "button_call": "โทรสอบถาม", "label_due": "เสร็จภายใน"}
WORDS = {
    "citizen_status_card": CITIZEN,
    "citizen_result_card": {
        **CITIZEN,
        "title": "ดำเนินการเสร็จแล้ว",
        "label_result": "สิ่งที่เราทำ",
        "label_done_date": "เสร็จเมื่อ",
        "rating_question": "ท่านพอใจแค่ไหน",
        "rating_score": "ให้ {score} คะแนน",
        "rating_lowest": "ไม่พอใจ",
        "rating_highest": "พอใจมาก",
    },
    "staff_new_complaint_card": {
        **CARD,
        "title": "มีเรื่องใหม่เข้ามา",
        "button_open": "เปิดเรื่อง",
        "button_map": "ดูแผนที่",
        "label_story": "รายละเอียด",
    },
    "staff_order_card": {
        **CARD,
        "title": "ท่านได้รับมอบหมายเรื่องใหม่",
        "button_acknowledge": "รับทราบ",
        "button_open": "เปิดเรื่อง",
        "button_map": "ดูแผนที่",
        "label_story": "รายละเอียด",
        "label_due": "ต้องเสร็จภายใน",
    },
    "staff_note_card": {**CARD, "title": "ผู้ร้องให้คะแนนแล้ว", "button_open": "เปิดเรื่อง"},
    "staff_digest_card": {
        **CARD,
        "title": "งานที่รอท่านวันนี้",
        "body": "แตะรายการเพื่อเปิดดู\n{summary}",
        "label_cases": "เรื่องที่ต้องดูก่อน",
        "button_list": "เปิดรายการ",
    },
    "request_card": {
        **CARD,
        "title": "ยังเปิดใช้งานไม่ได้",
        "body": "ศูนย์ตรวจคำขอแล้ว ยังไม่อนุมัติ",
        "label_reason": "เหตุผล",
        "button_call": "โทรสอบถาม",
    },
    "plain_text": {"body": "เรื่อง {number} ปิดแล้ว\nดูได้ที่ {track_url}"},
}
STATES = {
    "citizen_result_card": {"state_code": "resolved", "state_word": "ดำเนินการเสร็จสิ้น"},
    "staff_new_complaint_card": {"number": "", "state_code": "submitted", "state_word": "เรื่องใหม่"},
    "staff_order_card": {"state_code": "directed", "state_word": "สั่งการแล้ว"},
    "request_card": {
        "number": "คำขอ 12",
        "public_code": "",
        "state_code": "rejected",
        "state_word": "ไม่อนุมัติ",
        "reason": "ไม่พบชื่อในสำนักช่าง",
        "department": "สำนักช่าง",
    },
    "staff_digest_card": {
        "number": "20 พ.ย. 2569",
        "public_code": "",
        "state_code": "",
        "state_word": "งานของวันนี้",
        "state_colour": "late",
        "summary": "ของท่าน เกินกำหนด: 1\nของท่าน รออยู่: 2",
        "counts": [
            {
                "word": "ของท่าน เกินกำหนด",
                "count": 1,
                "url": "https://town.example/admin/complaint/?due=overdue",
            },
            {"word": "ของท่าน รออยู่", "count": 2, "url": ""},
        ],
        "cases": [
            {
                "number": "อส. 56/2569",
                "what": "ขยะตกค้าง",
                "due": "18 พ.ย. 2569",
                "is_late": "yes",
                "url": "https://town.example/admin/complaints/14",
            },
            {"number": "อส. 57/2569", "what": "", "due": "24 พ.ย. 2569", "is_late": ""},
        ],
        "list_url": "https://town.example/admin/complaint/?due=overdue",
    },
}
POSTBACKS = {
    "citizen_result_card": {f"rate_{n}": encode("rate", "2026-14", KEY, value=n) for n in range(1, 6)},
    "staff_order_card": {"acknowledge": encode("acknowledge", "2026-14", KEY, state_seq=3)},
}


def built(layout, words=None, facts=None, **more):
    words = {**WORDS[layout], **(words or {})}
    facts = {**FACTS, **STATES.get(layout, {}), **(facts or {})}
    return build(layout, words, facts, POSTBACKS.get(layout), **more)


def texts_of(messages):
    return [node["text"] for node in walk(messages) if node.get("type") == "text"]


def actions_of(messages):
    return [node for node in walk(messages) if node.get("type") in {"uri", "postback"}]


def buttons_of(messages):
    return [node["action"]["label"] for node in walk(messages) if node.get("type") == "button"]


def keys_and_values(node):
    """Yield every leaf with its path, to compare two trees where one has more defaults."""
    if isinstance(node, dict):
        return {f"{key}.{path}": leaf for key, v in node.items() for path, leaf in keys_and_values(v).items()}
    if isinstance(node, list):
        return {
            f"{at}.{path}": leaf for at, v in enumerate(node) for path, leaf in keys_and_values(v).items()
        }
    return {"": node}


# Whole cards


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_each_layout_draws_what_its_golden_file_shows(layout):
    messages = built(layout)
    file = GOLDEN / f"{layout}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(json.dumps(messages, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert messages == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_property_of_a_card_is_one_lines_own_models_know(layout):
    body = {
        "to": user_id_for("malee"),
        "messages": json.loads((GOLDEN / f"{layout}.json").read_text("utf-8")),
    }
    understood = PushMessageRequest.from_dict(body).to_dict()
    assert keys_and_values(body).items() <= keys_and_values(understood).items()


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_the_fake_line_takes_every_golden_card(layout):
    body = {
        "to": user_id_for("malee"),
        "messages": json.loads((GOLDEN / f"{layout}.json").read_text("utf-8")),
    }
    assert check_body("push", body) == []


def test_every_template_we_ship_fits_its_layout():
    shipped = json.loads((ROOT / "seed" / "message_templates.json").read_text("utf-8"))["templates"]
    facts = {
        **FACTS,
        "stars": 5,
        "municipality": "เทศบาลตัวอย่าง",
        "outcome_word": "แก้ไขแล้ว",
        "promised_text": "",
    }
    postbacks = POSTBACKS["citizen_result_card"] | POSTBACKS["staff_order_card"]
    assert shipped
    for template in shipped:
        assert check_words(template["layout"], template["words"]) == [], template["key"]
        messages = build(template["layout"], template["words"], facts, postbacks)
        assert check_body("push", {"to": user_id_for("malee"), "messages": messages}) == []


# What a card says


def test_the_header_wears_the_states_colour_shape_and_word():
    card = built("citizen_status_card", facts={"state_code": "awaiting_plan", "state_word": "รอเข้าแผน"})
    header = card[0]["contents"]["header"]
    assert header["backgroundColor"] == flex.TONES["waiting"]
    assert texts_of(header) == ["⏸\ufe0e รอเข้าแผน", "อส. 56/2569"]


@pytest.mark.parametrize("colour", ["#FFE08A", "#4A90D9"])
def test_a_town_may_bring_its_own_colour_and_stays_readable(colour):
    light = built("citizen_status_card", facts={"state_colour": colour.lower()})[0]["contents"]["header"]
    assert light["backgroundColor"] == colour
    assert {node["color"] for node in walk(light) if node["type"] == "text"} == {flex.INK}


def test_white_is_readable_on_every_colour_of_ours():
    assert {flex.ink_on(colour) for colour in flex.TONES.values()} == {flex.SURFACE}


def test_an_unknown_state_or_colour_is_shown_quietly():
    header = built("citizen_status_card", facts={"state_code": "new_state", "state_colour": "red; x"})
    assert header[0]["contents"]["header"]["backgroundColor"] == flex.MUTED


def test_the_steps_show_what_is_done_what_is_now_and_what_is_to_come():
    said = texts_of(built("citizen_status_card"))
    at = said.index("✓")
    assert said[at : at + 6] == ["✓", "ได้รับเรื่องแล้ว", "●", "กำลังดำเนินการ", "○", "ดำเนินการเสร็จสิ้น"]


def test_a_step_with_another_mark_is_a_mistake_of_ours():
    with pytest.raises(CardProblem, match="skipped"):
        built("citizen_status_card", facts={"steps": [("ข้าม", "skipped")]})


def test_before_the_number_is_issued_the_tracking_code_stands_there():
    card = built("citizen_status_card", facts={"number": ""})
    assert "2026-14" in texts_of(card[0]["contents"]["header"])
    assert card[0]["altText"] == "2026-14 กำลังดำเนินการ"


def test_what_the_body_says_is_not_said_twice():
    words = {"body": "เรื่อง {subtype} ที่ {place}\nจะเสร็จภายใน {due}"}
    plain = {name: word for name, word in WORDS["citizen_status_card"].items() if name != "label_due"}
    said = " ".join(texts_of(build("citizen_status_card", plain | words, FACTS)))
    assert said.count("ขยะตกค้าง") == said.count("หน้าตลาดสด") == said.count("พฤศจิกายน") == 1


def test_a_card_has_two_buttons_at_most_and_the_first_is_the_next_thing_to_do():
    words = {"button_add": "ส่งภาพเพิ่ม"}
    card = built("citizen_status_card", words, {"add_url": "https://town.example/add"})
    assert buttons_of(card) == ["ดูเรื่องของฉัน", "ส่งภาพเพิ่ม"]
    styles = [node["style"] for node in walk(card) if node.get("type") == "button"]
    assert styles == ["primary", "link"]


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("0 4300 0000", ["tel:+6643000000"]),
        ("โทร 0-4300-0000 ต่อ 12", ["tel:+6643000000"]),
        ("0 4300 0000-7", ["tel:+6643000000"]),
        ("+66 (43) 000-000, 1132", ["tel:+6643000000"]),
        ("1132", ["tel:1132"]),
        ("ที่ห้องรับเรื่อง", []),
        ("", []),
    ],
)
def test_the_call_button_dials_the_number_people_read(written, dialled):
    actions = actions_of(built("citizen_status_card", facts={"contact_phone": written}))
    assert [action["uri"] for action in actions if action["label"] == "โทรสอบถาม"] == dialled


def test_five_scores_are_five_buttons_that_say_themselves_in_the_chat():
    presses = [action for action in actions_of(built("citizen_result_card")) if action["type"] == "postback"]
    assert [press["displayText"] for press in presses] == [f"ให้ {n} คะแนน" for n in range(1, 6)]
    assert [press["data"] for press in presses] == list(POSTBACKS["citizen_result_card"].values())


def test_without_rating_postbacks_nothing_asks_for_a_rating():
    card = build("citizen_result_card", WORDS["citizen_result_card"], FACTS)
    assert "ท่านพอใจแค่ไหน" not in texts_of(card)


def test_the_officer_can_acknowledge_open_and_see_the_map():
    labels = [action["label"] for action in actions_of(built("staff_order_card"))]
    assert labels == ["ดูแผนที่", "รับทราบ", "เปิดเรื่อง"]


def test_a_case_without_a_pin_has_no_map_link():
    labels = [action["label"] for action in actions_of(built("staff_order_card", facts={"map_url": ""}))]
    assert labels == ["รับทราบ", "เปิดเรื่อง"]


def test_a_plain_text_may_offer_quick_replies():
    words = {"body": "เลือกได้เลย", "button_more": "ขอดูเรื่องอื่นของฉันทั้งหมดที่ยังไม่เสร็จ"}
    message = build("plain_text", words, FACTS, {"more": "x"})[0]
    assert message["quickReply"]["items"][0]["action"]["label"] == "ขอดูเรื่องอื่นของฉันทั้งหมด…"


def test_dates_and_zones_do_not_break_in_two():
    said = texts_of(built("citizen_status_card", {"body": "เสร็จภายใน {due} ใน{zone}"}))
    assert "เสร็จภายใน 24\xa0พฤศจิกายน\xa02569 ในเขต\xa03" in said


# Words of a template


def test_a_placeholder_without_a_fact_is_named_in_the_error():
    with pytest.raises(TemplateProblem, match=r"'body'.*\{colour\}") as caught:
        built("citizen_status_card", {"body": "สี {colour}"})
    assert (caught.value.code, caught.value.word, caught.value.placeholder) == (
        "unknown_placeholder",
        "body",
        "colour",
    )


def test_a_fact_that_was_not_given_is_an_error_too():
    facts = {name: value for name, value in FACTS.items() if name != "department"}
    with pytest.raises(TemplateProblem, match="department"):
        build("citizen_status_card", {**CITIZEN, "body": "{department} ดูแลอยู่"}, facts)


@pytest.mark.parametrize(
    "body", ["{", "}", "{number", "{{number}", "{0}", "{number.__class__}", "{number!r}"]
)
def test_odd_braces_never_reach_a_citizen(body):
    with pytest.raises(TemplateProblem):
        built("citizen_status_card", {"body": body})


def test_doubled_braces_are_braces():
    assert "{number}" in texts_of(built("citizen_status_card", {"body": "{{number}}"}))


def test_a_line_that_names_an_empty_fact_is_left_out():
    words = {"body": "รับเรื่องแล้ว\nเหตุผล: {reason}\nขอบคุณ"}
    assert "รับเรื่องแล้ว\nขอบคุณ" in texts_of(built("citizen_status_card", words))


def test_in_a_single_line_an_empty_fact_becomes_a_dash():
    assert "เหตุผล –" in texts_of(built("citizen_status_card", {"title": "เหตุผล {reason}"}))


@pytest.mark.parametrize("missing", ["title", "body", "alt", "button_view"])
def test_a_template_without_a_needed_text_is_refused(missing):
    words = {name: word for name, word in CITIZEN.items() if name != missing}
    with pytest.raises(TemplateProblem, match=missing):
        build("citizen_status_card", words, FACTS)


@pytest.mark.parametrize("private", ["story_short", "place", "officer", "officer_name", "comment", "result"])
def test_the_lock_screen_never_shows_more_than_number_and_state(private):
    with pytest.raises(TemplateProblem) as caught:
        built("staff_order_card", {"alt": f"{{number}} {{{private}}}"})
    assert caught.value.code == "private_in_alt"


def test_a_template_is_checked_whole_before_it_is_kept():
    words = {**CITIZEN, "title": "{colour}", "alt": "{place}", "button_call": "{", "body": "{score}"}
    del words["button_view"]
    found = {(problem.word, problem.code) for problem in check_words("citizen_status_card", words)}
    assert found == {
        ("title", "unknown_placeholder"),
        ("body", "unknown_placeholder"),
        ("alt", "private_in_alt"),
        ("button_call", "stray_brace"),
        ("button_view", "missing_word"),
    }


# What people write


@pytest.mark.parametrize("story", ["{number}", "{0.__class__}", "%s {{}}", "${x}", "</style><script>", "{"])
def test_what_a_person_writes_is_never_interpreted(story):
    assert story in texts_of(built("staff_order_card", facts={"story_short": story}))
    said = texts_of(built("staff_order_card", {"body": "เขาว่า {story_short}"}, {"story_short": story}))
    assert f"เขาว่า {story}" in said


def test_hidden_characters_do_not_reach_an_officer():
    said = texts_of(built("staff_order_card", facts={"story_short": "ไฟ\u202eดับ\x00\x1b[31m \ud800จริง"}))
    assert "ไฟดับ[31m \ufffdจริง" in said


def test_no_text_component_is_ever_empty():
    nothing = dict.fromkeys(FACTS, "") | {"steps": [("", "now")], "public_code": "2026-14"}
    words = WORDS["citizen_status_card"] | {"title": " ", "body": "", "alt": " "}
    messages = build("citizen_status_card", words, nothing)
    assert all(text.strip() for text in texts_of(messages))
    assert messages[0]["altText"] == "–"


def test_a_very_long_story_is_cut_and_the_card_stays_small():
    words = {**WORDS["staff_order_card"], "body": "{story_short}", "label_comment": "{story_short}"}
    long = "น้ำท่วมที่นี่ " * 2000
    facts = {
        **FACTS,
        "story_short": long,
        "comment": long,
        "place": long,
        "due_text": long,
        "officer_name": long,
    }
    messages = build("staff_order_card", words, facts, POSTBACKS["staff_order_card"])
    assert len(json.dumps(messages[0]["contents"], ensure_ascii=False).encode()) < 30_000
    assert any(text.endswith("…") for text in texts_of(messages))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    layout=st.sampled_from(sorted(LAYOUTS)),
    wild=st.dictionaries(
        st.sampled_from(
            ["number", "subtype_name", "place", "story_short", "reason", "result_text", "comment"]
        ),
        st.text(max_size=3000),
    ),
)
def test_whatever_people_write_line_takes_the_card(layout, wild):
    messages = built(layout, {"body": "{number} {place}\n{reason}"}, wild)
    assert check_body("push", {"to": user_id_for("malee"), "messages": messages}) == []


# Links


@pytest.mark.parametrize(
    "address",
    [
        "http://town.example/track",
        "javascript:alert(1)",
        "ftp://town.example",
        "https://",
        "//town.example",
        "track",
    ],
)
def test_a_link_that_line_or_we_would_not_open_stops_the_card(address):
    with pytest.raises(LinkProblem):
        built("citizen_status_card", facts={"track_url": address})


def test_a_demo_on_ones_own_machine_may_use_http():
    card = built("citizen_status_card", facts={"track_url": "http://localhost:8543/track"}, allow_http=True)
    assert actions_of(card)[0]["uri"] == "http://localhost:8543/track"


def test_a_picture_stands_over_the_text():
    hero = built("citizen_result_card", facts={"photo_url": "https://town.example/p/ภาพ.jpg"})[0]["contents"][
        "hero"
    ]
    assert hero["url"] == "https://town.example/p/%E0%B8%A0%E0%B8%B2%E0%B8%9E.jpg"
    assert hero["aspectRatio"] == "20:13"


def test_a_postback_too_long_for_line_stops_the_card():
    with pytest.raises(LimitProblem, match="postback data"):
        build("staff_order_card", WORDS["staff_order_card"], FACTS, {"acknowledge": "x" * 301})


def test_a_layout_that_does_not_exist_is_a_key_error():
    with pytest.raises(KeyError):
        build("citizen_poem", CARD, FACTS)
