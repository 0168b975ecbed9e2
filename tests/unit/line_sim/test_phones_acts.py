"""What a person can do on a phone: everything LINE lets them do, with what they were sent, and no more."""

import io
import re

import pytest
from helpers.phones import PNG, Visitor, catch, house_of, menu_with, new_fake, seat, send, text_with, user
from helpers.phones import ROOT as HOUSE

from line_hooks import flex
from line_hooks.flex_view import actions_of, quick_replies_of, view_of
from line_hooks.messages import build
from line_sim import phones_acts
from line_sim.phones_town import SPOILT, where_to

ASK = {"type": "postback", "label": "รับทราบ", "data": "a=1", "displayText": "รับทราบ"}
QUIET = {"type": "postback", "label": "ต่อไป", "data": "a=2"}
LINK = {"type": "uri", "label": "เว็บ", "uri": "https://town.example/x"}
DAY = {
    "type": "datetimepicker",
    "label": "วัน",
    "data": "d",
    "mode": "date",
    "min": "2026-11-01",
    "max": "2026-11-30",
}


@pytest.fixture
def fake():
    return new_fake()


@pytest.fixture
def caught(fake):
    return catch(fake)


@pytest.fixture
def page(fake):
    return house_of(fake).test_client()


@pytest.fixture
def visitor(page, fake, caught):
    return Visitor(page, fake)


@pytest.fixture
def malee(fake):
    return seat(fake, "citizen", "มาลี")


def sent_to_malee(fake, *actions):
    return send(fake, "citizen", "มาลี", text_with(*actions)).sent_ids[0]


def test_a_press_sends_its_postback_and_shows_its_words(fake, caught, visitor, malee):
    message = sent_to_malee(fake, ASK)
    answer = visitor.post("tap", malee, tap=f"m:{message}:0")
    assert answer.status_code == 303
    assert caught.events[0]["postback"] == {"data": "a=1"}
    assert fake.state.chat_of("citizen", user(fake, "มาลี"))[-1].text == "รับทราบ"


def test_a_press_without_words_takes_the_chips_away_all_the_same(page, fake, visitor, malee):
    message = sent_to_malee(fake, QUIET)
    assert visitor.answer("tap", malee, tap=f"m:{message}:0") == "ok"
    assert "คำตอบด่วน" not in page.get("/line-sim/").text


def test_a_button_may_write_a_text_for_the_person(fake, caught, visitor, malee):
    message = sent_to_malee(fake, {"type": "message", "label": "สถานะ", "text": "สถานะ 2026-14"})
    assert visitor.answer("tap", malee, tap=f"m:{message}:0") == "ok"
    assert caught.events[0]["message"]["text"] == "สถานะ 2026-14"


def test_a_day_is_picked_within_its_bounds(fake, caught, visitor, malee):
    name = f"m:{sent_to_malee(fake, DAY)}:0"
    assert visitor.answer("tap", malee, tap=name, value="24/11/2569") == "nodate"
    assert visitor.answer("tap", malee, tap=name, value="2026-12-01") == "farday"
    assert caught.events == []
    assert visitor.answer("tap", malee, tap=name, value="2026-11-24") == "ok"
    assert caught.events[0]["postback"] == {"data": "d", "params": {"date": "2026-11-24"}}


def test_a_text_can_be_copied(fake, visitor, malee):
    message = sent_to_malee(fake, {"type": "clipboard", "label": "คัดลอก", "clipboardText": "อส. 56/2569"})
    answer = visitor.post("tap", malee, script=True, tap=f"m:{message}:0").json
    assert answer == {"answer": "copied", "copy": "อส. 56/2569"}


def test_a_button_may_open_the_keyboard_with_words_in_it(fake, visitor, malee):
    action = {**ASK, "inputOption": "openKeyboard", "fillInText": "สถานที่: "}
    message = sent_to_malee(fake, action)
    assert visitor.post("tap", malee, script=True, tap=f"m:{message}:0").json["fill"] == "สถานที่: "


def test_the_rich_menu_is_tapped_and_turned_over(page, fake, caught, visitor, malee):
    other = menu_with(fake, "citizen", ASK, default=False)
    fake.state.set_alias("citizen", "more", other)
    switch = {"type": "richmenuswitch", "label": "อื่น ๆ", "richMenuAliasId": "more", "data": "t"}
    menu = menu_with(fake, "citizen", ASK, switch)
    page.get("/line-sim/")
    assert visitor.answer("tap", malee, tap=f"r:{menu}:0") == "ok"
    assert visitor.answer("tap", malee, tap=f"r:{menu}:1") == "ok"
    assert caught.events[1]["postback"]["params"] == {"newRichMenuAliasId": "more", "status": "SUCCESS"}
    assert f"/line-sim/menu/{other}" in page.get(f"/line-sim/?p={malee}").text
    assert visitor.post("tap", malee, tap=f"r:{menu}:0").status_code == 404


@pytest.mark.parametrize(
    "name", ["m:{}:1", "m:{}:9", "m:{}:-1", "m:{}:๑", "m:1:0", "r:{}:0", "", "m", "x:{}:0"]
)
def test_only_what_was_sent_can_be_pressed(fake, caught, visitor, malee, name):
    message = sent_to_malee(fake, ASK, LINK)
    assert visitor.post("tap", malee, tap=name.format(message)).status_code == 404
    assert caught.events == []


def test_another_persons_button_cannot_be_pressed_and_strangers_have_no_phone(fake, caught, visitor):
    message = sent_to_malee(fake, ASK)
    somsak = seat(fake, "citizen", "สมศักดิ์")
    assert visitor.post("tap", somsak, tap=f"m:{message}:0").status_code == 404
    assert visitor.post("say", "citizen.U0", text="x").status_code == 400
    assert visitor.post("say", f"press.{user(fake, 'มาลี')}", text="x").status_code == 400
    assert caught.events == []


def test_a_text_reaches_the_app_and_an_empty_one_does_not(caught, visitor, malee):
    assert visitor.answer("say", malee, text="ไฟดับค่ะ") == "ok"
    assert visitor.answer("say", malee, text="  ") == "empty"
    assert [event["message"]["text"] for event in caught.events] == ["ไฟดับค่ะ"]


@pytest.mark.parametrize(("status", "said"), [(500, "refused"), (400, "refused"), (None, "nobody")])
def test_an_app_that_does_not_take_an_event_is_told_to_the_person(page, caught, visitor, malee, status, said):
    caught.status = status
    answer = visitor.post("say", malee, text="x")
    assert f"answer={said}" in answer.location
    assert "data-answer" in page.get(answer.location).text
    assert (
        "กรุณา"
        in page.get(answer.location).text.partition("data-answer")[2].partition("</p>")[0].rpartition(">")[2]
    )


def test_one_photo_goes_alone_and_several_as_an_album(caught, visitor, malee):
    assert visitor.answer("photos", malee, photo=(io.BytesIO(PNG), "a.png", "image/png")) == "ok"
    files = [(io.BytesIO(PNG), f"{n}.png", "image/png") for n in range(2)]
    assert visitor.answer("photos", malee, photo=files) == "ok"
    assert "imageSet" not in caught.events[0]["message"]
    album = [event["message"]["imageSet"] for event in caught.events[1:]]
    assert len({one["id"] for one in album}) == 1
    assert {one["index"] for one in album} == {1, 2}


def test_a_presenter_needs_no_photos(page, fake, caught, visitor, malee):
    assert visitor.answer("photos", malee, sample=["road", "lamp", "no"]) == "ok"
    assert len(caught.events) == 2
    sent = [fake.state.contents[event["message"]["id"]].body for event in caught.events]
    assert all(body[:3] == b"\xff\xd8\xff" for body in sent)
    assert page.get("/line-sim/sample/before/road.jpg").data in sent
    assert page.get("/line-sim/sample/before/no.jpg").status_code == 404
    assert page.get("/line-sim/sample/later/road.jpg").status_code == 404


def test_an_album_and_a_photo_nobody_can_open_are_one_tap_away(fake, caught, visitor, malee):
    assert visitor.answer("photos", malee, album="1") == "ok"
    photos = [fake.state.contents[event["message"]["id"]].body for event in caught.events]
    assert len(set(photos)) == len(photos) == 20, "twenty different photos"
    assert len({event["message"]["imageSet"]["id"] for event in caught.events}) == 1
    assert visitor.answer("photos", malee, spoilt="1") == "ok"
    assert fake.state.contents[caught.events[-1]["message"]["id"]].body == SPOILT


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "nothing"),
        ({"photo": (io.BytesIO(b""), "")}, "nothing"),
        ({"photo": (io.BytesIO(b"%PDF"), "a.pdf", "application/pdf")}, "nophoto"),
        ({"photo": (io.BytesIO(bytes(101)), "a.jpg", "image/jpeg")}, "big"),
    ],
)
def test_photos_that_are_none_are_told(caught, visitor, malee, monkeypatch, fields, said):
    monkeypatch.setattr(phones_acts, "MOST_BYTES", 100)
    assert visitor.answer("photos", malee, **fields) == said
    assert caught.events == []


def test_a_place_a_sticker_a_file_and_a_film_travel(caught, visitor, malee):
    assert visitor.answer("place", malee, latitude="16.4", longitude="102.8", title="วัด") == "ok"
    assert visitor.answer("place", malee, latitude="north", longitude="1") == "noplace"
    assert visitor.answer("place", malee, latitude="nan", longitude="1") == "noplace"
    assert visitor.answer("sticker", malee, sticker="1") == "ok"
    assert visitor.answer("sticker", malee, sticker="9") == "nothing"
    assert visitor.answer("file", malee, kind="file", file=(io.BytesIO(b"%PDF"), "ก.pdf")) == "ok"
    assert visitor.answer("file", malee, kind="video", file=(io.BytesIO(b"x"), "v.mp4", "video/mp4")) == "ok"
    assert visitor.answer("file", malee, kind="file") == "nothing"
    assert visitor.answer("file", malee, sample="hologram") == "nothing"
    for kind in ("file", "video", "audio"):
        assert visitor.answer("file", malee, sample=kind) == "ok"
    kinds = [event["message"]["type"] for event in caught.events]
    assert kinds == ["location", "sticker", "file", "video", "file", "video", "audio"]
    assert caught.events[0]["message"]["title"] == "วัด"


def test_a_person_may_block_the_account_and_come_back(page, fake, caught, visitor, malee):
    assert visitor.answer("friend", malee, block="1") == "ok"
    assert visitor.answer("say", malee, text="x") == "stranger"
    assert visitor.answer("friend", malee) == "ok"
    assert [event["type"] for event in caught.events] == ["unfollow", "follow"]
    assert caught.events[1]["follow"] == {"isUnblocked": True}


def test_nobody_takes_back_what_another_wrote(fake, caught, visitor, malee):
    written = fake.hooks.text("citizen", user(fake, "สมศักดิ์"), "ของผม")["message"]["id"]
    assert visitor.post("unsend", malee, message=written).status_code == 404
    assert caught.events == []


def test_a_newcomer_gets_a_phone_and_adds_the_account(page, fake, caught, visitor, malee):
    answer = visitor.post(f"newcomer?p={malee}", name="Ann Lee", channel="citizen", language="en")
    new = next(one for one in fake.state.users.values() if one.display_name == "Ann Lee")
    assert new.language == "en"
    assert f"p={malee}&p=citizen.{new.user_id}" in answer.location
    assert not fake.state.is_friend("citizen", new.user_id)
    assert visitor.answer("friend", f"citizen.{new.user_id}") == "ok"
    assert caught.events[0]["follow"] == {"isUnblocked": False}
    assert visitor.post("newcomer", name="x", channel="no").status_code == 400


def test_a_scanned_code_adds_the_account_and_turns_the_phone_to_its_chat(fake, caught, visitor, malee):
    answer = visitor.post(f"scan?p={malee}", malee, code="https://line.me/R/ti/p/%40sim-staff")
    assert caught.events[0]["type"] == "follow"
    assert f"p=staff.{user(fake, 'มาลี')}" in answer.location


@pytest.mark.parametrize("basic_id", ["%40sim-staff", "@sim-staff", "@SIM-staff"])
def test_an_add_friend_link_in_a_message_adds_the_account_for_the_phones_person(
    page, fake, caught, malee, basic_id
):
    link = {"type": "uri", "label": "เพิ่มเพื่อน", "uri": f"https://line.me/R/ti/p/{basic_id}"}
    sent_to_malee(fake, link)
    ticket = re.search(r'href="(/line-sim/open/[^"]+)"', page.get(f"/line-sim/?p={malee}").text)
    answer = page.get(ticket[1])
    assert answer.location == f"/line-sim/?p=staff.{user(fake, 'มาลี')}"
    assert fake.state.is_friend("staff", user(fake, "มาลี"))
    assert caught.events[0]["source"]["userId"] == user(fake, "มาลี")


def test_the_towns_poster_is_among_the_codes_to_scan(fake):
    house = house_of(fake)
    house.add_url_rule("/line/join", "line_joining.join", lambda: "")
    shown = house.test_client().get("/line-sim/").text
    assert "ป้ายของเทศบาล (QR เดียว)" in shown
    assert 'value="http://localhost/line/join"' in shown


def test_a_scanned_code_may_open_a_chat_with_words(fake, caught, visitor, malee):
    code = "https://line.me/R/oaMessage/%40sim-citizen/?%E0%B9%80%E0%B8%AA%E0%B8%B2%2012"
    answer = visitor.post(f"scan?p={malee}", malee, script=True, address=code).json
    assert answer == {"answer": "ok", "fill": "เสา 12"}
    assert caught.events == []


@pytest.mark.parametrize("code", ["", "hello", "javascript:alert(1)", "https://line.me/R/ti/p/@stranger"])
def test_a_code_nobody_knows_is_told(caught, visitor, malee, code):
    assert visitor.answer("scan", malee, address=code) == "nocode"
    assert caught.events == []


def test_an_address_is_opened_as_the_phones_own_person(page, fake, visitor, malee):
    opened = visitor.post(f"scan?p={malee}", malee, address="http://localhost/line/mine")
    answer = page.get(opened.location)
    assert answer.location == f"http://localhost/line/mine?sim_user={user(fake, 'มาลี')}"
    assert f"line_sim_user={user(fake, 'มาลี')}" in answer.headers["Set-Cookie"]
    assert page.get("/line-sim/open/https:evil").status_code == 404


@pytest.mark.parametrize(
    ("address", "opens"),
    [
        (
            "https://access.line.me/dialog/bot/accountLink?nonce=n",
            "http://127.0.0.1:9/dialog/bot/accountLink?nonce=n&sim_user=U1",
        ),
        ("http://localhost/line/open/X1?sim_user=U2", "http://localhost/line/open/X1?sim_user=U1"),
        ("http://localhost/track", "http://localhost/track"),
        ("https://maps.example/?q=16.4", "https://maps.example/?q=16.4"),
    ],
)
def test_lines_own_pages_are_the_simulators(page, address, opens):
    with page.application.test_request_context("/", base_url="http://localhost"):
        assert where_to(address, "U1") == opens


# Cards


def presses_in(node):
    own = [node.press] if node.press is not None else []
    return own + [press for child in node.children for press in presses_in(child)]


FACTS = {
    "number": "อส. 56/2569",
    "public_code": "2026-14",
    "state_code": "resolved",
    "state_word": "เสร็จ",
    "track_url": "https://town.example/t",
}
WORDS = {"title": "t", "body": "b", "alt": "{number}", "button_view": "ดู", "rating_question": "?"}


def test_buttons_are_numbered_as_they_are_looked_up():
    rates = {f"rate_{n}": f"score {n}" for n in range(1, 6)}
    card = build("citizen_result_card", WORDS, FACTS, rates)[0]
    assert [actions_of(card)[press]["data"] for press in presses_in(view_of(card))] == list(rates.values())
    text = build("plain_text", {"body": "x", "button_more": "ต่อ"}, FACTS, {"more": "m"})[0]
    assert [actions_of(text)[node.press]["data"] for node in quick_replies_of(text)] == ["m"]
    both = {
        "type": "flex",
        "altText": "a",
        "contents": {"type": "carousel", "contents": [card["contents"]] * 2},
    }
    both["quickReply"] = text["quickReply"]
    numbers = presses_in(view_of(both)) + [node.press for node in quick_replies_of(both)]
    assert [actions_of(both)[number]["data"] for number in numbers] == [*rates.values(), *rates.values(), "m"]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "flex", "altText": "สำรอง", "contents": {"type": "bubble", "body": {"type": "box"}}},
        {"type": "flex", "altText": "สำรอง", "contents": {"type": "bubble", "body": {"type": "new"}}},
        {"type": "flex", "altText": "สำรอง"},
        {"type": "location", "altText": "สำรอง", "latitude": "x"},
        {"type": "hologram", "altText": "สำรอง"},
    ],
)
def test_what_cannot_be_drawn_is_shown_as_line_would(message):
    node = view_of(message)
    assert node.classes == "fx-bubble"
    assert node.children[0].children[0].text == "สำรอง"


def test_a_script_never_becomes_a_link():
    action = {"type": "uri", "label": "x", "uri": "javascript:alert(1)"}
    body = {"type": "box", "layout": "vertical", "contents": [{"type": "button", "action": action}]}
    node = view_of({"type": "flex", "altText": "a", "contents": {"type": "bubble", "body": body}})
    assert node.children[0].children[0].href == ""


def test_a_towns_own_colour_is_painted_and_ours_are_classes():
    def strip(colour):
        body = {"type": "box", "layout": "vertical", "backgroundColor": colour, "contents": []}
        card = {"type": "flex", "altText": "a", "contents": {"type": "bubble", "body": body}}
        return view_of(card).children[0]

    assert strip("#ff8800").fill == "#FF8800"
    assert "fx-bg-done" in strip(flex.TONES["done"]).classes
    assert strip(flex.TONES["done"]).fill == ""


def test_every_colour_and_state_has_its_class_in_the_style_sheet():
    css = (HOUSE / "static" / "src" / "flex.css").read_text("utf-8")
    for name, colour in flex.TONES.items():
        assert f".fx-bg-{name} {{ background: {colour.lower()}; }}" in css
        assert f".fx-c-{name} {{ color: {colour.lower()}; }}" in css
