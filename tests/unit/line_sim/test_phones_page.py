"""The phones: what the page shows, to whom, and what it never does."""

import re
from types import SimpleNamespace

import pytest
from flask import Flask
from helpers.phones import (
    NOON,
    PNG,
    Visitor,
    catch,
    house_of,
    menu_with,
    new_fake,
    seat,
    send,
    text_with,
    user,
)

from line_hooks.messages import build
from line_sim.pages import line_sim_blueprint
from line_sim.phones_view import default_seats
from line_sim.server import make_fake_line

FACTS = {
    "number": "อส. 56/2569",
    "public_code": "2026-14",
    "state_code": "directed",
    "state_word": "สั่งการแล้ว",
    "subtype_name": "ขยะตกค้าง",
    "place": "<b>หน้าตลาด</b>",
    "admin_url": "https://town.example/admin/complaints/14",
    "map_url": "https://maps.example/?q=16.4,102.8",
}
WORDS = {
    "title": "ท่านได้รับมอบหมายเรื่องใหม่",
    "body": "กรุณากดรับทราบ",
    "alt": "{number}",
    "button_acknowledge": "รับทราบ",
    "button_open": "เปิดเรื่อง",
    "button_map": "ดูแผนที่",
}
POSTBACK = {"type": "postback", "label": "งานของฉัน", "data": "mine", "displayText": "งานของฉัน"}


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
def visitor(page, fake):
    return Visitor(page, fake)


@pytest.fixture
def order(fake):
    messages = build("staff_order_card", WORDS, FACTS, {"acknowledge": "a=acknowledge&h=x"})
    return send(fake, "staff", "สมชาย", *messages)


def test_a_citizen_and_two_officers_come_first_each_marked_as_a_simulation(page, order):
    html = page.get("/line-sim/").text
    for shown in ("มาลี", "สมชาย", "วิชัย", "ไม่ใช่ LINE จริง", "สั่งการแล้ว", "อส. 56/2569", "ดูแผนที่"):
        assert shown in html
    assert html.count('class="phone"') == 3
    assert html.count('class="mark"') == 4


def test_the_address_brings_the_same_phones_again(page, fake):
    somsak, boss = seat(fake, "citizen", "สมศักดิ์"), seat(fake, "staff", "วิชัย")
    html = page.get(f"/line-sim/?p={somsak}&p={boss}.pc").text
    assert re.findall(r'<h2 id="owner-\d">([^<]+)<', html) == ["สมศักดิ์ มีสุข", "วิชัย เมืองใหม่"]
    assert "phone is-pc" in html
    assert f"p={somsak}&amp;p={boss}.pc" in html


def test_strangers_in_the_address_are_passed_over(page, fake):
    somsak = seat(fake, "citizen", "สมศักดิ์")
    html = page.get(f"/line-sim/?p=citizen.nobody&p={somsak}&p={somsak}&p=x").text
    assert html.count('class="phone"') == 1


def test_a_phone_can_be_given_to_somebody_else(page, fake):
    malee, boss = seat(fake, "citizen", "มาลี"), seat(fake, "staff", "วิชัย")
    answer = page.get(f"/line-sim/?p={malee}&swap=1&to={boss}")
    assert answer.status_code == 302
    assert answer.location.endswith(f"p={boss}")
    assert page.get(f"/line-sim/?p={malee}&swap=9&to={boss}").location.endswith(f"p={malee}")


def test_what_people_wrote_is_text_and_the_page_has_no_inline_style_or_handler(page, order):
    html = page.get("/line-sim/").text
    assert "&lt;b&gt;หน้าตลาด&lt;/b&gt;" in html
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", html)


def test_days_are_named_with_the_buddhist_year(page, fake):
    now = [NOON - 5 * 86400]
    fake.state.clock = lambda: now[0]
    for days in (5, 1, 0):
        now[0] = NOON - days * 86400
        send(fake, "citizen", "มาลี", {"type": "text", "text": f"เมื่อ {days} วันก่อน"})
    days = re.findall(r'talk-day"[^>]*><span>([^<]+)<', page.get("/line-sim/").text)
    assert days == ["16 กันยายน 2569", "เมื่อวาน", "วันนี้"]


def test_every_kind_of_message_is_drawn(page, fake):
    send(
        fake,
        "citizen",
        "มาลี",
        {"type": "text", "text": "โทร 043-271-261", "notificationDisabled": True},
        {
            "type": "image",
            "originalContentUrl": "https://t.example/a.jpg",
            "previewImageUrl": "https://t.example/b.jpg",
        },
        {"type": "location", "title": "ตลาด", "address": "ถนนกลางเมือง", "latitude": 16.4, "longitude": 102.8},
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
        {"type": "imagemap", "altText": "ภาพกดได้"},
    )
    html = page.get("/line-sim/").text
    for shown in (
        'href="tel:043271261"',
        "ส่งแบบไม่มีเสียงเตือน",
        'src="https://t.example/b.jpg"',
        "16.40000, 102.80000",
        "446/1988",
        "ภาพกดได้",
    ):
        assert shown in html


def test_what_people_sent_themselves_is_drawn_and_taken_back(page, fake, caught, visitor):
    malee = user(fake, "มาลี")
    fake.hooks.image("citizen", malee, PNG, "image/png")
    fake.hooks.location("citizen", malee, 16.4, 102.8, title="วัด")
    fake.hooks.sticker("citizen", malee)
    fake.hooks.file("citizen", malee, b"%PDF", "คำร้อง.pdf")
    words = fake.hooks.text("citizen", malee, "พิมพ์ผิด")["message"]["id"]
    html = page.get("/line-sim/").text
    assert re.search(r'<img class="fx-photo" src="content/\d+"', html)
    for shown in ("วัด", "446/1988", "คำร้อง.pdf", "พิมพ์ผิด"):
        assert shown in html

    assert visitor.answer("unsend", seat(fake, "citizen", "มาลี"), message=words) == "ok"

    html = page.get("/line-sim/").text
    assert "พิมพ์ผิด" not in html
    assert "ยกเลิกข้อความแล้ว" in html
    assert caught.events[-1]["type"] == "unsend"


def test_quick_replies_belong_to_the_last_message_and_go_with_the_next(page, fake):
    send(fake, "citizen", "มาลี", text_with(POSTBACK, {"type": "camera", "label": "ถ่ายรูป"}))
    assert "คำตอบด่วน" in page.get("/line-sim/").text
    fake.state.say("citizen", user(fake, "มาลี"), "", kind="postback")
    assert "คำตอบด่วน" not in page.get("/line-sim/").text


def test_on_a_pc_there_is_neither_menu_nor_quick_reply(page, fake):
    menu_with(fake, "citizen", POSTBACK)
    send(fake, "citizen", "มาลี", text_with(POSTBACK))
    malee = seat(fake, "citizen", "มาลี")
    phone = page.get(f"/line-sim/?p={malee}").text
    assert "menu-picture" in phone
    assert "คำตอบด่วน" in phone
    computer = page.get(f"/line-sim/?p={malee}.pc").text
    assert "menu-picture" not in computer
    assert "คำตอบด่วน" not in computer


def test_the_rich_menu_is_its_picture_with_named_areas(page, fake):
    menu_id = menu_with(fake, "staff", POSTBACK, {"type": "uri", "label": "โทร 1669", "uri": "tel:1669"})
    html = page.get(f"/line-sim/?p={seat(fake, 'staff', 'สมชาย')}").text
    assert f'/line-sim/menu/{menu_id}"' in html
    assert '<foreignObject x="1200" y="0" width="1200" height="810">' in html
    assert 'aria-label="โทร 1669"' in html
    assert '<details class="menu" data-menu' in html
    assert page.get(f"/line-sim/menu/{menu_id}").data == PNG
    assert page.get("/line-sim/menu/none").status_code == 404


def test_pictures_of_this_server_are_asked_of_the_pages_own_origin(page, fake):
    ours, theirs = "http://localhost/line/photo/1.jpg", "http://localhost.example/2.jpg"
    for address in (ours, theirs):
        picture = {"type": "image", "originalContentUrl": address, "previewImageUrl": address}
        send(fake, "citizen", "มาลี", picture)
    html = page.get("/line-sim/").text
    assert 'src="/line/photo/1.jpg"' in html
    assert f'src="{theirs}"' in html


def test_dots_stand_while_an_answer_is_being_written(page, fake):
    fake.state.start_loading("citizen", user(fake, "มาลี"), 20)
    assert "กำลังพิมพ์" in page.get("/line-sim/").text


def test_somebody_who_blocked_and_somebody_new_are_told_apart(page, fake):
    fake.state.block("citizen", user(fake, "มาลี"))
    new = fake.state.new_person("Ann")
    html = page.get(f"/line-sim/?p={seat(fake, 'citizen', 'มาลี')}&p=citizen.{new.user_id}").text
    assert 'data-friend="blocked"' in html
    assert 'data-friend="none"' in html


def test_the_page_asks_for_all_phones_at_once_and_gets_only_news(page, fake, order):
    html = page.get("/line-sim/").text
    seen = "".join(f"&v={one}" for one in re.findall(r'data-phone="\d" data-version="(\w+)"', html))
    desk = re.search(r'data-desk-version="([^"]+)"', html)[1]
    phones = "&".join(f"p={one}" for one in re.findall(r'name="phone" value="([^"]+)"', html))
    phones = "&".join(dict.fromkeys(phones.split("&")))
    address = f"/line-sim/news?{phones}{seen}&desk={desk}"
    assert page.get(address).status_code == 204

    fake.state.say("staff", user(fake, "สมชาย"), "ถึงที่แล้ว")

    news = page.get(address).json
    assert list(news["phones"]) == ["2"]
    assert "ถึงที่แล้ว" in news["phones"]["2"]["chat"]


def test_what_somebody_sent_is_never_opened_as_a_page(page, fake):
    fake.state.keep_content("citizen", "1", b"<script>alert(1)</script>", "text/html")
    fake.state.keep_content("citizen", "2", PNG, "image/png")
    bad, good = page.get("/line-sim/content/1"), page.get("/line-sim/content/2")
    assert bad.mimetype == "application/octet-stream"
    assert bad.headers["Content-Disposition"] == "attachment"
    assert (good.mimetype, good.data) == ("image/png", PNG)
    assert page.get("/line-sim/content/3").status_code == 404


def test_without_the_csrf_token_nothing_can_be_done(page, fake, caught):
    paths = [rule.rule for rule in page.application.url_map.iter_rules() if "POST" in rule.methods]
    assert len(paths) == 11
    for path in paths:
        assert page.post(path, data={"phone": seat(fake, "citizen", "มาลี")}).status_code == 400
    assert caught.events == []


def test_a_fake_without_people_has_an_empty_page():
    page = house_of(make_fake_line()).test_client()
    assert "ยังไม่มีผู้ใช้" in page.get("/line-sim/").text


def test_production_refuses_to_start_with_the_phones(fake):
    app = Flask("house")
    app.extensions["settings"] = SimpleNamespace(mode="production")
    with pytest.raises(RuntimeError, match="production"):
        app.register_blueprint(line_sim_blueprint(fake))


# The training room


def test_a_fault_is_set_shown_and_cleared(page, fake, visitor):
    assert visitor.answer("fault", act="fault", fault="down", channel="staff", times="3") == "ok"
    assert visitor.answer("fault", act="fault", fault="revoked", channel="citizen", times="") == "ok"
    assert fake.state.faults()[0].kind == "500"
    assert fake.state.channels["citizen"].revoked
    html = page.get("/line-sim/").text
    assert "อีก 3 ครั้ง" in html
    assert "จนกว่าจะล้าง" in html

    assert visitor.answer("fault", act="clear") == "ok"

    assert fake.state.faults() == []
    assert not fake.state.channels["citizen"].revoked


def test_what_is_left_of_a_quota_can_be_set(page, fake, visitor):
    send(fake, "citizen", "มาลี", {"type": "text", "text": "x"})
    assert visitor.answer("fault", act="quota", channel="citizen", left="2") == "ok"
    assert fake.state.channels["citizen"].quota_limit == 3
    assert "เหลือ 2" in page.get("/line-sim/").text
    assert visitor.answer("fault", act="quota", channel="citizen", left="") == "ok"
    assert fake.state.channels["citizen"].quota_limit is None


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "fault", "fault": "no", "times": "1"},
        {"act": "fault", "fault": "down", "times": "0"},
        {"act": "fault", "fault": "down", "times": "๑"},
        {"act": "fault", "fault": "down", "times": "1", "channel": "x"},
        {"act": "quota", "channel": "x", "left": "1"},
        {"act": "quota", "channel": "staff", "left": "-1"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fake, visitor, fields):
    assert visitor.answer("fault", **fields) == "nofault"
    assert fake.state.faults() == []


def test_the_log_tells_what_was_free_and_what_was_paid(page, fake, caught):
    malee = user(fake, "มาลี")
    token = fake.hooks.text("citizen", malee, "สวัสดี")["replyToken"]
    api, key = fake.wsgi_app.test_client(), {"Authorization": "Bearer ct"}
    hello = [{"type": "text", "text": "สวัสดีค่ะ"}]
    api.post("/v2/bot/message/reply", json={"replyToken": token, "messages": hello}, headers=key)
    again = {**key, "X-Line-Retry-Key": "123e4567-e89b-12d3-a456-426614174000"}
    for _ in range(2):
        api.post("/v2/bot/message/push", json={"to": malee, "messages": hello}, headers=again)

    rows = re.findall(r"<tr class=\"is-\w+\">(.*?)</tr>", page.get("/line-sim/").text)

    costs = [re.findall(r"<td>([^<]*)</td>", row)[3:] for row in rows]
    assert costs == [
        ["409", "123e4567", "รับไว้แล้วก่อนหน้า"],
        ["200", "123e4567", "ใช้โควตา"],
        ["200", "–", "ตอบฟรี"],
    ]


def test_the_towns_own_people_are_shown_before_newcomers(fake):
    newcomer = fake.state.new_person("คนใหม่")
    fake.state.users = {newcomer.user_id: newcomer, **fake.state.users}  # As after a restart.
    shown = {seat.user_id for seat in default_seats(fake)}
    assert len(shown) == 3
    assert newcomer.user_id not in shown
