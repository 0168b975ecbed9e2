"""The two doors LINE knocks at: only LINE gets in, every event is kept once, nothing else happens there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.line import Town
from helpers.people import actor_named
from sqlalchemy import select

from domain.line_connections import keep_keys
from extensions import db, write_transaction
from line_hooks.signature import HEADER, sign
from line_hooks.webhook import MAX_BYTES
from line_sim.webhooks import redelivered
from models import DeliveryState, LineChannel, OutboxMessage, WebhookReceipt

CITIZEN, STAFF = "/line/citizen/webhook", "/line/staff/webhook"


def knock(client: FlaskClient, body: bytes, url: str = CITIZEN, key: str = "citizen-secret"):
    signed = {HEADER: sign(key, body), "Content-Type": "application/json"}
    return client.post(url, data=body, headers=signed)


def envelope(*events) -> bytes:
    return json.dumps({"destination": "U" + "0" * 32, "events": events}, ensure_ascii=False).encode()


def event(**more):
    base = {
        "type": "message",
        "mode": "active",
        "timestamp": 1795150800123,
        "webhookEventId": "01HZZZZZZZZZZZZZZZZZZZZZZZ",
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": "U" + "1" * 32},
        "message": {"type": "text", "id": "1", "text": "สวัสดี"},
        "replyToken": "token",
    }
    return {**base, **more}


def receipts() -> list[WebhookReceipt]:
    db.session.rollback()
    return list(db.session.scalars(select(WebhookReceipt).order_by(WebhookReceipt.id)))


def test_an_event_is_stored_raw_and_nothing_else_happens(client):
    told = event(somethingNew={"from": "LINE", "ไทย": ["ก", 1, None]})

    assert knock(client, envelope(told)).status_code == 200

    [receipt] = receipts()
    assert receipt.body == told
    assert receipt.channel is LineChannel.CITIZEN
    assert receipt.state is DeliveryState.READY
    assert receipt.event_timestamp == datetime(2026, 11, 20, 5, 0, 0, 123000, tzinfo=UTC)
    assert db.session.scalars(select(OutboxMessage.id)).all() == []


def test_line_s_verify_button_gets_its_200(client):
    assert knock(client, envelope()).status_code == 200
    assert receipts() == []


def test_no_cookie_and_no_form_token_are_needed(client):
    reply = knock(client, envelope(event()))

    assert reply.status_code == 200
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize(
    "header",
    [None, "", "x", "ก", sign("citizen-secret", b"another body"), sign("staff-secret", envelope(event()))],
    ids=["missing", "empty", "short", "not ascii", "of another body", "of the other channel"],
)
def test_without_line_s_signature_nothing_is_stored(client, header):
    headers = {} if header is None else {HEADER: header.encode().decode("latin-1")}

    reply = client.post(CITIZEN, data=envelope(event()), headers=headers)

    assert reply.status_code == 401
    assert receipts() == []


def test_a_body_that_was_parsed_and_written_again_is_refused(client):
    body = envelope(event())
    changed = json.dumps(json.loads(body)).encode()

    reply = client.post(CITIZEN, data=changed, headers={HEADER: sign("citizen-secret", body)})

    assert reply.status_code == 401


def test_each_door_has_its_own_secret(client):
    body = envelope(event())

    assert knock(client, body, STAFF, "staff-secret").status_code == 200
    assert knock(client, body, STAFF, "citizen-secret").status_code == 401
    assert [receipt.channel for receipt in receipts()] == [LineChannel.STAFF]


def test_during_a_rotation_the_old_secret_still_opens(town: Town, client: FlaskClient):
    settings = town.app.extensions["settings"]
    town.app.extensions["settings"] = replace(settings, line_citizen_secrets=("new-secret", "citizen-secret"))

    assert knock(client, envelope(event())).status_code == 200
    assert knock(client, envelope(event()), key="new-secret").status_code == 200
    assert knock(client, envelope(event()), key="").status_code == 401


@pytest.fixture
def pasted(town: Town) -> Iterator[Callable[[str], None]]:
    """A server whose environment names no channel; an administrator pastes the values on the screen."""
    settings = town.app.extensions["settings"]
    town.app.extensions["settings"] = replace(settings, line_citizen_token=None, line_citizen_secrets=())

    def paste(secret: str) -> None:
        with write_transaction() as session:
            actor, vault = actor_named(session, "admin"), town.app.extensions["vault"]
            keep_keys(session, actor, vault, LineChannel.CITIZEN, token="a-token", secret=secret)

    yield paste
    town.app.extensions.pop("line_keys", None)


def test_a_secret_pasted_on_the_screen_opens_the_door_at_once(client: FlaskClient, pasted):
    assert knock(client, envelope(event()), key="from-the-screen").status_code == 401

    pasted("from-the-screen")

    assert knock(client, envelope(event()), key="from-the-screen").status_code == 200


def test_the_secret_before_a_pasted_one_opens_for_a_day(client: FlaskClient, pasted, frozen_noon):
    pasted("first")
    pasted("second")

    assert knock(client, envelope(event()), key="first").status_code == 200
    frozen_noon.advance(timedelta(hours=24, seconds=1))
    client.application.extensions.pop("line_keys")
    assert knock(client, envelope(event()), key="first").status_code == 401
    assert knock(client, envelope(event()), key="second").status_code == 200


def test_a_thousand_events_in_one_body_are_stored_in_one_go(client: FlaskClient):
    many = [event(webhookEventId=f"{number:026d}") for number in range(1000)]

    assert knock(client, envelope(*many, *many)).status_code == 200

    assert len(receipts()) == 1000


def test_a_channel_without_a_secret_is_shut(town: Town, client: FlaskClient):
    settings = town.app.extensions["settings"]
    town.app.extensions["settings"] = replace(settings, line_citizen_secrets=())

    assert knock(client, envelope(event()), key="").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"[]",
        b"null",
        b'"events"',
        b"{}",
        b'{"events": null}',
        b'{"events": {}}',
        b"[" * 100_000,
    ],
    ids=["empty", "cut", "not utf-8", "list", "null", "text", "no events", "null events", "object", "deep"],
)
def test_a_signed_body_that_is_no_webhook_is_a_400(client, body):
    assert knock(client, body).status_code == 400
    assert receipts() == []


def test_a_body_beyond_all_measure_is_not_read(client):
    body = envelope(event(padding="x" * MAX_BYTES))

    assert knock(client, body).status_code == 413
    assert receipts() == []


def test_only_a_post_gets_an_answer(client):
    assert client.get(CITIZEN).status_code == 405


def test_the_same_webhook_ten_times_is_one_event_and_ten_times_200(client):
    body = envelope(event())

    assert [knock(client, body).status_code for _ in range(10)] == [200] * 10

    assert len(receipts()) == 1


def test_a_redelivered_event_is_the_same_event(client):
    first = event()
    knock(client, envelope(first))

    knock(client, envelope(redelivered(first), event(webhookEventId="second")))

    assert [receipt.webhook_event_id for receipt in receipts()] == [first["webhookEventId"], "second"]


def test_one_event_twice_in_one_batch_is_stored_once(client):
    knock(client, envelope(event(), event()))

    assert len(receipts()) == 1


def test_the_same_id_on_the_other_channel_is_another_event(client):
    knock(client, envelope(event()))
    knock(client, envelope(event()), STAFF, "staff-secret")

    assert len(receipts()) == 2


@pytest.mark.parametrize(
    "given",
    [None, "", 7, "x" * 81, "nul\x00", ["a"], "ก"],
    ids=["null", "empty", "number", "long", "nul", "list", "thai"],
)
def test_an_event_without_a_usable_id_gets_one_that_lasts(client, given):
    odd = event(webhookEventId=given)
    knock(client, envelope(odd))
    knock(client, envelope(redelivered(odd)))
    knock(client, envelope(event(webhookEventId=given, timestamp=1795150800999)))

    ids = [receipt.webhook_event_id for receipt in receipts()]
    assert len(ids) == len(set(ids)) == 2
    assert all(one.startswith("sha256-") for one in ids)


@pytest.mark.parametrize("given", [None, "1795150800123", True, -1, 0, 10**30, 1.5])
def test_an_impossible_time_is_no_time(client, given):
    assert knock(client, envelope(event(timestamp=given))).status_code == 200

    assert receipts()[0].event_timestamp is None


def test_what_is_not_even_an_object_is_left_out(client):
    assert knock(client, envelope("event", None, 7, event())).status_code == 200

    assert len(receipts()) == 1


def test_texts_no_database_likes_are_stored_all_the_same(client):
    nasty = "a\x00b \ud800 \u202e"
    body = json.dumps({"events": [event(message={"type": "text", "text": nasty})]}).encode()

    assert knock(client, body).status_code == 200

    assert receipts()[0].body["message"]["text"] == nasty


def test_events_are_stored_together_or_not_at_all(client, fault_at):
    body = envelope(event(webhookEventId="one"), event(webhookEventId="two"))

    with fault_at("before_commit", 1):
        try:
            status = knock(client, body).status_code
        except RuntimeError:
            status = 500

    assert status == 500, "LINE delivers again what we did not take"
    assert receipts() == []


def test_a_webhook_rings_for_the_worker_after_it_is_stored(app: Flask, client):
    seen: list[int] = []
    app.extensions["wake_worker"] = lambda: seen.append(len(_stored()))
    try:
        knock(client, envelope(event()))
        knock(client, envelope())
    finally:
        app.extensions.pop("wake_worker")

    assert seen == [1], "and not for the Verify button"


def _stored() -> list[int]:
    with write_transaction() as session:
        return list(session.scalars(select(WebhookReceipt.id)))
