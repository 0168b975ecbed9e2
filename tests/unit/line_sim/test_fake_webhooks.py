"""The fake's webhooks have LINE's shapes, and are as unreliable as LINE asks us to bear."""

import json
import threading

import pytest
from linebot.v3.models import UnknownEvent
from linebot.v3.webhook import WebhookParser

from line_hooks.signature import sign
from line_sim.records import group_id_for
from line_sim.webhooks import in_group, redelivered, standby

REPLY = "/v2/bot/message/reply"
HELLO = [{"type": "text", "text": "สวัสดี"}]


def parsed(events):
    body = json.dumps({"destination": "U" + "0" * 32, "events": events})
    return WebhookParser("secret").parse(body, sign("secret", body.encode()))


def sent(posted):
    return [json.loads(body)["events"] for body in posted.bodies]


def texts(posted):
    return [[event["message"]["text"] for event in events] for events in sent(posted)]


def test_lines_own_parser_understands_every_kind(fake, malee):
    hooks, group = fake.hooks, fake.state.add_group("ช่าง").group_id
    events = [
        *hooks.images("citizen", malee, [b"1", b"2"]),
        hooks.video("citizen", malee, b"film"),
        hooks.audio("citizen", malee, b"voice"),
        hooks.file("citizen", malee, b"%PDF", "แผนที่.pdf", "application/pdf"),
        hooks.sticker("citizen", malee),
        hooks.location("citizen", malee, 16.43, 102.83, "ถ.ศรีจันทร์", "หน้าตลาด"),
        hooks.postback("citizen", malee, "when", params={"datetime": "2026-09-21T08:30"}),
        hooks.unsend("citizen", malee, "1"),
        hooks.account_link("citizen", malee, "n" * 24),
        hooks.account_link("citizen", malee, "n" * 24, "failed"),
        hooks.beacon("citizen", malee),
        hooks.join("staff", group),
        hooks.member_joined("staff", group, malee),
        hooks.group_text("staff", group, malee, "@อยู่พี่ ดูให้หน่อย"),
        hooks.group_postback("staff", group, malee, "a=acknowledge"),
        hooks.member_left("staff", group, malee),
        hooks.leave("staff", group),
        hooks.message_edited("staff", group, malee, "1", "แก้แล้ว"),
    ]
    understood = parsed(events)
    assert [one.type for one in understood] == [event["type"] for event in events]
    assert not any(isinstance(one, UnknownEvent) for one in understood)
    assert len({event["webhookEventId"] for event in events}) == len(events)


def test_what_line_invents_tomorrow_is_unknown_even_to_its_own_library(fake, malee):
    events = [fake.hooks.unknown("citizen", malee), fake.hooks.unknown_message("citizen", malee)]
    assert all(isinstance(one, UnknownEvent) for one in parsed(events))


def test_no_reply_token_where_nobody_may_answer(fake, malee):
    hooks, group = fake.hooks, group_id_for("ช่าง")
    silent = [
        hooks.unfollow("citizen", malee),
        hooks.unsend("citizen", malee, "1"),
        hooks.leave("citizen", group),
        hooks.member_left("citizen", group, malee),
        hooks.account_link("citizen", malee, "n" * 24, "failed"),
        standby(hooks.text("citizen", malee, "x")),
    ]
    assert not any("replyToken" in event for event in silent)
    assert silent[-1]["mode"] == "standby"
    assert "source" not in silent[-2]


def test_an_album_comes_in_no_order_and_old_phones_do_not_count(fake, malee):
    numbered = fake.hooks.images("citizen", malee, [b"1", b"2", b"3"])
    sets = [event["message"]["imageSet"] for event in numbered]
    assert [one["index"] for one in sets] == [3, 2, 1]
    assert len({one["id"] for one in sets}) == 1
    old = fake.hooks.images("citizen", malee, [b"1", b"2"], numbered=False)
    assert all(set(event["message"]["imageSet"]) == {"id"} for event in old)


def test_a_place_may_have_no_name(fake, malee):
    message = fake.hooks.location("citizen", malee, 16.43, 102.83)["message"]
    assert "title" not in message
    assert "address" not in message


def test_a_group_does_not_always_tell_who_pressed(fake, malee):
    group = fake.state.add_group("ช่าง", [malee]).group_id
    assert "userId" not in fake.hooks.group_postback("staff", group, malee, "x")["source"]
    assert fake.hooks.group_text("staff", group, malee, "x")["source"]["userId"] == malee
    moved = in_group(fake.hooks.text("staff", malee, "x"), group)
    assert moved["source"] == {"type": "group", "groupId": group, "userId": malee}


def test_the_phone_can_draw_what_was_said(fake, malee):
    photo = fake.hooks.image("citizen", malee, b"photo")["message"]["id"]
    fake.hooks.location("citizen", malee, 16.43, 102.83, "ถ.ศรีจันทร์", "หน้าตลาด")
    fake.hooks.postback("citizen", malee, "a=rate", "ให้ 5 คะแนน")
    fake.hooks.postback("citizen", malee, "a=quiet")
    image, place, press = fake.state.chat_of("citizen", malee)
    assert (image.kind, image.message_id, image.details["content_id"]) == ("image", photo, photo)
    assert place.details["latitude"] == 16.43
    assert place.details["title"] == place.text == "หน้าตลาด"
    assert (press.kind, press.text) == ("postback", "ให้ 5 คะแนน")


def test_what_is_taken_back_is_gone_for_the_phone_and_the_api(fake, api, malee):
    photo = fake.hooks.image("citizen", malee, b"photo")["message"]["id"]
    event = fake.hooks.unsend("citizen", malee, photo)
    assert event["unsend"] == {"messageId": photo}
    assert [entry.kind for entry in fake.state.chat_of("citizen", malee)] == ["unsent"]
    assert api("GET", f"/v2/bot/message/{photo}/content").status_code == 410
    assert not fake.state.unsend("citizen", malee, photo)


def test_a_photo_belongs_to_the_account_it_was_sent_to(fake, api, malee):
    photo = fake.hooks.image("citizen", malee, b"photo")["message"]["id"]
    path = f"/v2/bot/message/{photo}/content"
    assert api("GET", path).data == b"photo"
    assert api("GET", path, {"Authorization": "Bearer sim-staff-token"}).status_code == 404


def test_nobody_takes_back_what_somebody_else_sent(fake, malee):
    photo = fake.hooks.image("citizen", malee, b"photo")["message"]["id"]
    somsak = fake.state.add_user("somsak", "สมศักดิ์", ["citizen"]).user_id
    fake.hooks.unsend("citizen", somsak, photo)
    assert fake.state.contents[photo].status == 200


def test_a_stranger_who_wrote_can_be_answered_for_a_week(fake, push, api, now):
    nok = fake.state.new_person("นก").user_id
    assert push(to=nok).status_code == 200
    assert fake.state.messages_of("citizen", nok) == []
    assert api("GET", f"/v2/bot/profile/{nok}").status_code == 404
    fake.hooks.text("citizen", nok, "สวัสดี")
    push(to=nok)
    assert len(fake.state.messages_of("citizen", nok)) == 1
    assert api("GET", f"/v2/bot/profile/{nok}").json["displayName"] == "นก"
    now[0] += 8 * 24 * 3600
    push(to=nok)
    assert len(fake.state.messages_of("citizen", nok)) == 1


# On the way


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "hook_lose"}, [["ข"]]),
        ({"kind": "hook_duplicate"}, [["ก"], ["ก"], ["ข"]]),
        ({"kind": "hook_reorder"}, [["ข"], ["ก"]]),
        ({"kind": "hook_redeliver"}, [["ก"], ["ก"], ["ข"]]),
        ({"kind": "hook_batch", "size": 2}, [["ก", "ข"]]),
    ],
)
def test_webhooks_go_astray_as_told(fake, posted, malee, fault, expected):
    fake.state.fail(**fault)
    for text in "กข":
        fake.send_webhook("citizen", [fake.hooks.text("citizen", malee, text)])
    assert texts(posted) == expected
    assert fake.state.faults() == []


def test_a_duplicate_has_no_mark_and_a_redelivery_has_one(fake, posted, malee):
    fake.state.fail("hook_duplicate")
    fake.state.fail("hook_redeliver")
    for _ in range(2):
        fake.send_webhook("citizen", [fake.hooks.text("citizen", malee, "x")])
    marks = [events[0]["deliveryContext"]["isRedelivery"] for events in sent(posted)]
    assert marks == [False, False, False, True]


def test_events_of_one_webhook_come_backwards_when_reordered(fake, posted, malee):
    fake.state.fail("hook_reorder", channel="citizen")
    fake.send_webhook("citizen", [fake.hooks.text("citizen", malee, text) for text in "กขค"])
    assert texts(posted) == [["ค", "ข", "ก"]]


def test_a_late_webhook_comes_by_itself(fake, malee):
    came = threading.Event()
    fake.hooks.deliver = lambda *_: came.set() or 200
    fake.state.fail("hook_delay", seconds=0.05)
    assert fake.send_webhook("citizen", [fake.hooks.text("citizen", malee, "x")]) == 200
    assert came.wait(5)


def test_what_faults_keep_can_be_sent_at_once(fake, posted, malee):
    fake.state.fail("hook_batch", size=100)
    fake.send_webhook("citizen", [fake.hooks.text("citizen", malee, "ก")])
    assert posted.bodies == []
    assert (fake.hooks.waiting("citizen"), fake.hooks.waiting("staff")) == (1, 0)
    assert fake.hooks.flush("citizen") == 200
    assert texts(posted) == [["ก"]]
    assert fake.hooks.waiting("citizen") == 0
    assert fake.hooks.flush("citizen") is None


def test_what_the_app_did_not_take_is_redelivered_with_the_same_id(fake, posted, malee):
    posted.status = 503
    fake.send_webhook("citizen", [fake.hooks.text("citizen", malee, "x")])
    posted.status = 200
    assert fake.hooks.redeliver("citizen") == 200
    first, again = (events[0] for events in sent(posted))
    assert again == redelivered(first)
    assert fake.hooks.redeliver("citizen") is None


def test_a_redelivery_gives_the_token_another_minute_for_twenty_in_all(fake, posted, api, malee, now):
    posted.status = 503
    events = [fake.hooks.text("citizen", malee, text) for text in "กข"]
    fake.send_webhook("citizen", events)
    now[0] += 600
    fake.hooks.redeliver("citizen")
    body = {"replyToken": events[0]["replyToken"], "messages": HELLO}
    assert api("POST", REPLY, json=body).status_code == 200
    now[0] += 620
    fake.hooks.redeliver("citizen")
    assert len(posted.bodies) == 3
    body = {"replyToken": events[1]["replyToken"], "messages": HELLO}
    assert api("POST", REPLY, json=body).status_code == 400


def test_nothing_is_locked_while_a_webhook_travels(fake, malee):
    def look(*_):
        other = threading.Thread(target=fake.state.block, args=("citizen", malee))
        other.start()
        other.join(5)
        return 500 if other.is_alive() else 200

    fake.hooks.deliver = look
    for fault in ("hook_duplicate", "hook_redeliver", "hook_reorder"):
        fake.state.fail(fault)
        assert fake.send_webhook("citizen", [fake.hooks.text("citizen", malee, "x")]) == 200
    assert fake.hooks.flush("citizen") == 200
    assert fake.hooks.probe("citizen", "https://town.example/x")[0] == 200


def test_a_new_secret_signs_and_a_switched_off_webhook_is_silent(fake, malee):
    posted = []
    fake.hooks.deliver = lambda _url, body, headers: posted.append((body, headers)) or 200
    new = fake.state.rotate_secret("citizen")
    fake.send_webhook("citizen", [])
    assert posted[0][1]["x-line-signature"] == sign(new, posted[0][0])
    fake.state.channels["citizen"].webhook_active = False
    assert fake.send_webhook("citizen", []) is None
    assert len(posted) == 1
