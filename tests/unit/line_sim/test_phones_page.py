"""The two phones: they show what was sent, and can do what a person with LINE can do, no more."""

import re
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from line_hooks import flex
from line_hooks.messages import build
from line_sim.flex_view import actions_of, view_of
from line_sim.pages import line_sim_blueprint
from line_sim.server import make_fake_line
from line_sim.state import SimChannel

ROOT = Path(__file__).parents[3]
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


@pytest.fixture
def fake():
    fake = make_fake_line(
        [
            SimChannel("citizen", "ct", "cs", "เทศบาลตัวอย่าง", "/c"),
            SimChannel("staff", "st", "ss", "อยู่พี่", "/s"),
        ],
        clock=lambda: 1_790_000_000.0,
    )
    fake.state.add_user("malee", "มาลี", ["citizen"])
    fake.state.add_user("somsak", "สมศักดิ์", ["citizen"])
    fake.state.add_user("chang", "สมชาย", ["staff"])
    return fake


@pytest.fixture
def taken(fake):
    """Catch webhooks; the app answers 200 unless its status is changed."""
    caught = SimpleNamespace(events=[], status=200)

    def deliver(url, body, headers):
        caught.events.append((url, body.decode()))
        return caught.status

    fake.hooks.deliver = deliver
    return caught


def house(fake):
    """Return an app with what the page needs of ours, and no database."""
    app = Flask("house", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="a key for this test only", BABEL_DEFAULT_LOCALE="th")
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined}
    app.jinja_env.globals["asset"] = lambda name: f"/static/{name}?v=1"
    Babel(app)
    CSRFProtect(app)
    app.register_blueprint(line_sim_blueprint(fake))
    return app


@pytest.fixture
def app(fake):
    return house(fake)


@pytest.fixture
def page(app):
    return app.test_client()


def user(fake, name):
    return next(one.user_id for one in fake.state.users.values() if one.display_name == name)


@pytest.fixture
def order(fake):
    """Put an order card with a live button on the officer's phone and return the sending."""
    messages = build("staff_order_card", WORDS, FACTS, {"acknowledge": "a=acknowledge&h=x"})
    chang = user(fake, "สมชาย")
    return fake.state.accept(fake.state.channels["staff"], chang, messages, "push", str(uuid.uuid4()))


def form(page, fake, channel, name, **fields):
    html = page.get("/line-sim/").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', html)[1]
    chosen = {"chosen_citizen": user(fake, "สมศักดิ์"), "chosen_staff": user(fake, "สมชาย")}
    return {"csrf_token": token, "channel": channel, "user": user(fake, name), **chosen, **fields}


def test_the_page_shows_both_phones_marked_as_a_simulation(page, order):
    html = page.get("/line-sim/").text
    for shown in ("มือถือประชาชน", "มือถือเจ้าหน้าที่", "ไม่ใช่ LINE จริง", "สั่งการแล้ว", "อส. 56/2569", "ดูแผนที่"):
        assert shown in html
    assert html.count('class="sim-mark"') == 3


def test_what_people_wrote_is_text_and_the_page_has_no_inline_style_or_handler(page, order):
    html = page.get("/line-sim/").text
    assert "&lt;b&gt;หน้าตลาด&lt;/b&gt;" in html
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", html)


def test_another_person_can_be_chosen_for_a_phone(page, fake):
    somsak = user(fake, "สมศักดิ์")
    assert f'value="{somsak}" selected' in page.get(f"/line-sim/?citizen={somsak}").text
    assert f'value="{user(fake, "มาลี")}" selected' in page.get("/line-sim/?citizen=nobody").text


def test_pressing_a_button_sends_its_postback_and_shows_its_words(page, fake, taken, order):
    press = form(page, fake, "staff", "สมชาย", message=order.sent_ids[0], number="1")
    answer = page.post("/line-sim/press", data=press)
    assert answer.status_code == 303
    assert f"citizen={user(fake, 'สมศักดิ์')}" in answer.location
    assert "answer=ok" in answer.location
    url, body = taken.events[0]
    assert url == "/s"
    assert '"data": "a=acknowledge&h=x"' in body
    assert fake.state.chat_of("staff", user(fake, "สมชาย"))[-1].text == "รับทราบ"


def test_the_script_gets_its_answer_without_a_page(page, fake, taken, order):
    press = form(page, fake, "staff", "สมชาย", message=order.sent_ids[0], number="1")
    answer = page.post("/line-sim/press", data=press, headers={"X-Requested-With": "fetch"})
    assert answer.json == {"answer": "ok"}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"number": "0"}, 400),  # the map link is no postback
        ({"number": "9"}, 400),
        ({"number": "-1"}, 400),
        ({"number": "๑"}, 400),
        ({"message": "123"}, 404),
        ({"channel": "press"}, 400),
        ({"user": "U" + "0" * 32}, 400),
    ],
)
def test_a_phone_can_press_only_what_it_was_sent(page, fake, taken, order, changed, status):
    press = form(page, fake, "staff", "สมชาย", message=order.sent_ids[0], number="1") | changed
    assert page.post("/line-sim/press", data=press).status_code == status
    assert taken.events == []


def test_another_persons_button_cannot_be_pressed(page, fake, taken, order):
    press = form(page, fake, "staff", "มาลี", message=order.sent_ids[0], number="1")
    assert page.post("/line-sim/press", data=press).status_code == 404


def test_without_the_csrf_token_nothing_can_be_done(page, fake, taken):
    for path in ("press", "say", "friend"):
        assert page.post(f"/line-sim/{path}", data={"channel": "citizen"}).status_code == 400
    assert taken.events == []


def test_writing_a_text_reaches_the_app_and_an_empty_one_does_not(page, fake, taken):
    page.post("/line-sim/say", data=form(page, fake, "citizen", "มาลี", text="ไฟดับค่ะ"))
    answer = page.post("/line-sim/say", data=form(page, fake, "citizen", "มาลี", text="  "))
    assert "answer=empty" in answer.location
    assert len(taken.events) == 1
    assert "ไฟดับค่ะ" in taken.events[0][1]


@pytest.mark.parametrize(("status", "said"), [(500, "refused"), (400, "refused"), (None, "nobody")])
def test_an_app_that_does_not_take_an_event_is_told_to_the_person(page, fake, taken, status, said):
    taken.status = status
    answer = page.post("/line-sim/say", data=form(page, fake, "citizen", "มาลี", text="x"))
    assert f"answer={said}" in answer.location
    assert re.search(r"data-sim-answer[^>]*>[^<]+</p>", page.get(answer.location).text)


def test_a_person_may_block_the_account_and_come_back(page, fake, taken):
    page.post("/line-sim/friend", data=form(page, fake, "citizen", "มาลี"))
    assert '"type": "unfollow"' in taken.events[0][1]
    assert "ถูกบล็อกอยู่" in page.get("/line-sim/").text
    page.post("/line-sim/friend", data=form(page, fake, "citizen", "มาลี"))
    assert '"type": "follow"' in taken.events[1][1]
    assert "ถูกบล็อกอยู่" not in page.get("/line-sim/").text


def test_a_phone_asks_for_news_and_gets_only_news(page, fake, order):
    chang = user(fake, "สมชาย")
    first = page.get(f"/line-sim/chat?channel=staff&user={chang}&version=")
    version = re.search(r'data-version="([^"]+)"', first.text)[1]
    assert "รับทราบ" in first.text
    again = f"/line-sim/chat?channel=staff&user={chang}&version={version}"
    assert page.get(again).status_code == 204
    fake.state.say("staff", chang, "ถึงที่แล้ว")
    assert "ถึงที่แล้ว" in page.get(again).text


def test_a_fake_without_people_has_an_empty_page():
    page = house(make_fake_line()).test_client()
    assert "ยังไม่มีผู้ใช้" in page.get("/line-sim/").text
    assert page.get("/line-sim/chat?channel=staff&user=x").status_code == 404


def test_production_refuses_to_start_with_the_phones(fake):
    app = Flask("house")
    app.extensions["settings"] = SimpleNamespace(mode="production")
    with pytest.raises(RuntimeError, match="production"):
        app.register_blueprint(line_sim_blueprint(fake))


def presses_in(node):
    own = [node.press] if node.press is not None else []
    return own + [press for child in node.children for press in presses_in(child)]


def test_buttons_are_numbered_as_they_are_looked_up():
    words = WORDS | {"rating_question": "?", "button_view": "ดู"}
    rates = {f"rate_{n}": f"score {n}" for n in range(1, 6)}
    card = build("citizen_result_card", words, {**FACTS, "track_url": "https://town.example/t"}, rates)[0]
    actions = actions_of(card)
    assert [actions[press]["data"] for press in presses_in(view_of(card))] == list(rates.values())
    text = build("plain_text", {"body": "x", "button_more": "ต่อ"}, FACTS, {"more": "m"})[0]
    assert [actions_of(text)[press]["data"] for press in presses_in(view_of(text))] == ["m"]


def test_every_colour_and_state_has_its_class_in_the_style_sheet():
    css = (ROOT / "static" / "src" / "line-sim.css").read_text("utf-8")
    for name, colour in flex.TONES.items():
        assert f".fx-bg-{name} {{ background: {colour.lower()}; }}" in css
        assert f".fx-c-{name} {{ color: {colour.lower()}; }}" in css
