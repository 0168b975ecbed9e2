"""What people did and what was laid survives a restart of the demo; and none of it can run in production."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from line_sim import chats, server
from line_sim.api_login import login_blueprint
from line_sim.server import line_api_blueprint, make_fake_line
from line_sim.state import SimUser, user_id_for
from line_sim.webhooks import Webhooks


@pytest.fixture
def begin(tmp_path):
    """Start the fake on the same journal, as often as you like."""

    def start():
        fake = make_fake_line(journal=tmp_path / "line.jsonl", allow_http=True)
        fake.hooks.deliver = lambda *_: 200
        fake.state.add_user("malee", "มาลี", ["citizen"])
        return fake

    return start


MALEE = user_id_for("malee")


def test_a_photo_and_what_was_taken_back_survive(begin):
    fake = begin()
    kept = fake.hooks.image("citizen", MALEE, b"kept")["message"]["id"]
    gone = fake.hooks.image("citizen", MALEE, b"gone")["message"]["id"]
    fake.hooks.location("citizen", MALEE, 16.4, 102.8, title="ตลาด")
    fake.hooks.unsend("citizen", MALEE, gone)
    state = begin().state
    assert [entry.kind for entry in state.chat_of("citizen", MALEE)] == ["image", "unsent", "location"]
    assert state.chat_of("citizen", MALEE)[2].details["latitude"] == 16.4
    assert state.contents[kept].body == b"kept"
    assert state.contents[gone].status == 410
    assert not any(b"gone" in path.read_bytes() for path in state.journal.parent.rglob("*") if path.is_file())


def test_menus_links_names_and_pictures_survive(begin, drawing):
    state = begin().state
    first, second = (state.add_menu("citizen", drawing.menu_body()).id for _ in range(2))
    third = state.add_menu("citizen", drawing.menu_body()).id
    for menu_id in (first, second, third):
        state.give_picture(menu_id, drawing.png(), "image/png")
    state.set_default_menu("citizen", first)
    state.link_menu("citizen", MALEE, second)
    state.set_alias("citizen", "tab-a", first)
    state.drop_menu(third)
    again = begin().state
    assert list(again.rich_menus) == [first, second]
    assert again.menu_of("citizen", MALEE).picture == drawing.png()
    assert (again.default_menu("citizen"), again.linked_menu("citizen", MALEE)) == (first, second)
    assert again.aliases == {("citizen", "tab-a"): first}
    again.link_menu("citizen", MALEE, None)
    again.set_default_menu("citizen", None)
    assert begin().state.menu_of("citizen", MALEE) is None


def test_who_blocked_us_still_does_whatever_the_app_believes(begin):
    fake = begin()
    fake.hooks.unfollow("citizen", MALEE)
    again = begin().state
    assert again.friend_state("citizen", MALEE) == "blocked"
    again.introduce(SimUser(MALEE, "มาลี", ("citizen",)), friend=True)
    assert again.friend_state("citizen", MALEE) == "blocked"


def test_the_app_introduces_people_with_all_their_accounts(begin):
    state = begin().state
    state.introduce(SimUser(MALEE, "มาลี ใจดี", ("staff",)), friend=False)
    assert state.users[MALEE].channels == ("citizen", "staff")
    assert state.friend_state("staff", MALEE) == "blocked"
    assert state.friend_state("citizen", MALEE) == "friend"


def test_a_new_identity_and_a_changed_language_survive(begin):
    state = begin().state
    nok = state.new_person("นก", ["citizen"], "en").user_id
    assert state.friend_state("citizen", nok) == "none"
    state.change_person(nok, display_name="Nok")
    state = begin().state
    known = state.introduce(SimUser(nok, "Nok", ("citizen",)))
    assert (known.display_name, known.language) == ("Nok", "en")


def test_the_month_is_counted_again_and_ids_go_on(begin):
    fake = begin()
    channel = fake.state.channels["citizen"]
    first = fake.state.accept(channel, MALEE, [{"type": "text", "text": "x"}], "push", "k")
    fake.state.accept(channel, MALEE, [{"type": "text", "text": "x"}], "reply")
    again = begin().state
    assert again.used(again.channels["citizen"]) == 1
    after = again.accept(again.channels["citizen"], MALEE, [{"type": "text", "text": "x"}], "push")
    assert int(after.sent_ids[0]) == int(first.sent_ids[0]) + 2


def test_old_photos_make_room_for_new_ones(begin, monkeypatch):
    monkeypatch.setattr(chats, "MAX_FILES_BYTES", 10)
    fake = begin()
    sent = [fake.hooks.image("citizen", MALEE, b"12345")["message"]["id"] for _ in range(3)]
    assert list(fake.state.contents) == sent[1:]
    files = [path.name for path in (fake.state.journal.parent / "line.jsonl.files").iterdir()]
    assert sorted(files) == sorted(sent[1:])
    assert list(begin().state.contents) == sent[1:]


def test_what_many_do_at_once_is_all_there_after_a_restart(begin, drawing):
    fake = begin()
    state, channel = fake.state, fake.state.channels["citizen"]

    def live(number):
        hooks = fake.hooks
        photo = hooks.image("citizen", MALEE, b"photo %d" % number)["message"]["id"]
        state.accept(channel, MALEE, [{"type": "text", "text": f"x{number}"}], "push", f"key-{number}")
        menu = state.add_menu("citizen", drawing.menu_body(name=f"menu {number}"))
        state.give_picture(menu.id, drawing.png(), "image/png")
        state.link_menu("citizen", MALEE, menu.id)
        if number % 2:
            hooks.unsend("citizen", MALEE, photo)
        else:
            state.drop_menu(menu.id)
        return hooks.text("citizen", MALEE, str(number))["replyToken"]

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(live, range(40)))
    again = begin().state
    assert len(set(tokens)) == 40
    assert len({sent for sending in again.sendings for sent in sending.sent_ids}) == 40
    assert again.chat_of("citizen", MALEE) == state.chat_of("citizen", MALEE)
    assert again.rich_menus == state.rich_menus
    assert len(again.rich_menus) == 20
    assert again.contents == state.contents
    assert again.linked_menu("citizen", MALEE) == state.linked_menu("citizen", MALEE)
    assert again.used(again.channels["citizen"]) == state.used(channel) == 40


def test_a_journal_from_before_photos_and_menus_is_read(begin):
    journal = begin().state.journal
    sending = {
        "channel": "citizen",
        "to": MALEE,
        "via": "push",
        "request_id": "r-1",
        "sent_ids": ["1"],
        "messages": [{"type": "text", "text": "เก่า"}],
        "delivered": True,
        "at": 1_700_000_000.0,
        "retry_key": "k",
        "digest": "d",
    }
    saying = {"channel": "citizen", "user_id": MALEE, "text": "เก่า", "at": 1_700_000_000.0}
    lines = [json.dumps({"sending": sending}), json.dumps({"saying": saying})]
    journal.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sent, said = begin().state.chat_of("citizen", MALEE)
    assert (sent.recipients, said.kind, said.details) == (1, "text", {})


def test_a_record_of_another_version_is_left_out(begin):
    fake = begin()
    with fake.state.journal.open("a", encoding="utf-8") as file:
        file.write('{"hologram": {"id": 1}}\n{"saying": {"colour": "red"}}\n{"friend": {}}\n7\n')
    assert begin().state.log == []


# Never in production


@pytest.mark.parametrize("part", ["api", "login"])
def test_no_part_of_the_fake_can_be_mounted_in_production(part, begin):
    state = begin().state
    app = Flask("town")
    app.extensions["settings"] = type("Settings", (), {"mode": "production"})()
    made = line_api_blueprint(state) if part == "api" else login_blueprint(state, Webhooks(state))
    with pytest.raises(RuntimeError, match="must not be mounted in production"):
        app.register_blueprint(made)


def test_the_app_in_production_knows_no_simulator(tmp_path):
    code = (
        "import sys; from app import create_app; app = create_app();"
        "assert app.extensions['settings'].mode == 'production';"
        "loaded = [name for name in sys.modules if name.split('.')[0] == 'line_sim'];"
        "assert not loaded, loaded;"
        "assert not [one for one in app.url_map.iter_rules() if 'line-sim' in one.rule];"
        "assert not [name for name in app.blueprints if 'line_sim' in name];"
        "answer = app.test_client().get('/line-sim/');"
        "assert answer.status_code == 404, answer.status_code; print('clean')"
    )
    environment = {
        "APP_MODE": "production",
        "APP_DATA": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ".",
    }
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "clean", run.stderr[-2000:]


def test_the_sdk_is_loaded_only_when_a_body_is_checked():
    code = "import sys, line_sim.server; assert 'linebot' not in sys.modules; print('light')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "light", run.stderr[-2000:]
    assert {route.method for route in server.ROUTES} == {"GET", "POST", "PUT", "DELETE"}
