"""The test of a LINE channel: what is wrong is found and said, nothing is printed, nothing hangs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.people import actor_named
from helpers.setup_line import (
    CITIZEN,
    ENDPOINT,
    INFO,
    MENU,
    PUBLIC,
    SECRETS,
    STAFF,
    TOKENS,
    TRIAL,
    SetupLine,
    line_jobs,
    paste,
    screen_keys,
    setup_line,
    try_out,
)

from domain.clock import FrozenClock, now
from domain.errors import NotPermitted
from domain.line_connections import connection_of, forget_keys
from domain.line_findings import FINDINGS, said
from domain.line_setup import ask_for_test, last_test
from domain.settings import write_setting
from extensions import db, write_transaction
from line_hooks.client import LineGateway
from line_sim.server import FakeLine
from models import DeliveryState, JobKind, LineConnection, RichMenu, RichMenuKind
from worker import line_tests
from worker.jobs import HANDLERS, run_due

OURS = f"{PUBLIC}/line/citizen/webhook"


@pytest.fixture
def line(app: Flask) -> Iterator[SetupLine]:
    with setup_line(app) as made:
        paste(app, CITIZEN)
        made.endpoints[TOKENS[CITIZEN]] = OURS
        yield made


def broken(findings: dict[str, dict[str, Any]]) -> set[str]:
    return {code for code, one in findings.items() if one["verdict"] == "broken"}


def test_the_worker_knows_how_to_try_a_channel() -> None:
    assert HANDLERS[JobKind.LINE_TEST] is line_tests.try_channel


def test_a_channel_that_is_set_up_right_has_nothing_broken(app: Flask, line: SetupLine) -> None:
    found = try_out(app)

    assert broken(found) == set()
    assert set(found) >= {"bot", "clock_well", "webhook_well", "webhook_test_well", "quota_well", "menu_none"}
    row = db.session.get(LineConnection, CITIZEN)
    assert row is not None
    assert (row.bot_user_id, row.basic_id, row.display_name) == ("U-citizen", "@citizen", "citizen")


def test_nothing_kept_holds_a_token_or_a_secret(app: Flask, line: SetupLine, caplog: Any) -> None:
    line.says["GET", INFO] = (401, {"message": "Authentication failed"})
    with caplog.at_level("DEBUG"):
        try_out(app)

    kept = repr(db.session.get_one(LineConnection, CITIZEN).findings) + repr(
        [job.arguments for job in line_jobs()]
    )
    for hidden in (TOKENS[CITIZEN], SECRETS[CITIZEN]):
        assert hidden not in kept + caplog.text


@pytest.mark.parametrize(("status", "code"), [(401, "token_refused"), (403, "token_forbidden")])
def test_a_revoked_token_is_told(app: Flask, line: SetupLine, status: int, code: str) -> None:
    line.says["GET", INFO] = (status, {"message": "Authentication failed due to …"})

    assert code in broken(try_out(app))


def test_after_a_refused_token_nothing_more_is_asked(app: Flask, line: SetupLine) -> None:
    paste(app, CITIZEN, token="sim-revoked")

    assert broken(try_out(app)) == {"token_refused"}
    assert line.asked == [("GET", INFO)]


def test_one_account_for_both_channels_is_told(app: Flask, line: SetupLine) -> None:
    paste(app, STAFF, token=TOKENS[CITIZEN], secret=SECRETS[CITIZEN])

    assert try_out(app, STAFF)["same_bot"]["facts"] == {"other": "citizen"}
    assert "same_bot" in try_out(app, CITIZEN)


def test_another_token_of_the_same_account_is_known_by_the_account(app: Flask, line: SetupLine) -> None:
    try_out(app)
    paste(app, STAFF)
    line.says["GET", INFO] = (200, {"userId": "U-citizen", "displayName": "citizen"})

    assert "same_bot" in broken(try_out(app, STAFF))


def test_swapped_channels_are_known_by_where_their_webhooks_lead(app: Flask, line: SetupLine) -> None:
    line.endpoints = {TOKENS[CITIZEN]: OURS, TOKENS[STAFF]: f"{PUBLIC}/line/staff/webhook"}
    paste(app, CITIZEN, token=TOKENS[STAFF], secret=SECRETS[STAFF])
    paste(app, STAFF, token=TOKENS[CITIZEN], secret=SECRETS[CITIZEN])

    assert try_out(app)["swapped"]["facts"] == {"other": "staff"}
    assert try_out(app, STAFF)["swapped"]["facts"] == {"other": "citizen"}

    paste(app, CITIZEN)
    paste(app, STAFF)
    assert broken(try_out(app)) == broken(try_out(app, STAFF)) == set()


@pytest.mark.parametrize(
    ("endpoint", "active", "code"),
    [
        (None, True, "webhook_unset"),
        ("https://old.example/callback", True, "webhook_other"),
        (OURS, False, "webhook_inactive"),
    ],
)
def test_where_the_webhook_leads_is_told(
    app: Flask, line: SetupLine, endpoint: str | None, active: bool, code: str
) -> None:
    line.active = active
    line.endpoints = {TOKENS[CITIZEN]: endpoint} if endpoint else {}

    assert broken(try_out(app)) == {code}


def test_our_address_is_set_when_asked_for(app: Flask, line: SetupLine) -> None:
    line.endpoints = {}

    found = try_out(app, set_webhook=True)

    assert line.endpoints == {TOKENS[CITIZEN]: OURS}
    assert {"webhook_put", "webhook_well"} <= set(found)


def test_an_address_line_refuses_is_told(app: Flask, line: SetupLine) -> None:
    line.says["PUT", ENDPOINT] = (400, {"message": "Invalid webhook endpoint URL"})

    assert "Invalid webhook" in try_out(app, set_webhook=True)["webhook_put_refused"]["facts"]["fault"]


def refused(status: int, reason: str) -> dict[str, Any]:
    return {"success": False, "statusCode": status, "reason": reason, "detail": str(status)}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refused(401, "ERROR_STATUS_CODE"), "webhook_secret_wrong"),
        (refused(0, "COULD_NOT_CONNECT"), "webhook_no_way"),
        (refused(0, "REQUEST_TIMEOUT"), "webhook_timeout"),
        (refused(502, "ERROR_STATUS_CODE"), "webhook_status"),
        (refused(0, "UNCLASSIFIED"), "webhook_odd"),
        ({}, "webhook_odd"),
    ],
)
def test_how_line_s_own_trial_went_is_told(
    app: Flask, line: SetupLine, answer: dict[str, Any], code: str
) -> None:
    line.says["POST", TRIAL] = (200, answer)

    assert code in try_out(app)


def test_too_many_trials_in_an_hour_are_told(app: Flask, line: SetupLine) -> None:
    line.says["POST", TRIAL] = (429, {"message": "The API rate limit has been exceeded. Try again later."})

    assert try_out(app)["webhook_test_limit"]["verdict"] == "look"


@pytest.mark.parametrize(
    ("limit", "used", "code"),
    [(1000, 799, "quota_well"), (1000, 800, "quota_low"), (1000, 1000, "quota_out")],
)
def test_the_month_s_messages_are_told(app: Flask, line: SetupLine, limit: int, used: int, code: str) -> None:
    line.says["GET", "/v2/bot/message/quota"] = (200, {"type": "limited", "value": limit})
    line.says["GET", "/v2/bot/message/quota/consumption"] = (200, {"totalUsage": used})

    assert code in try_out(app)


def test_a_menu_is_ours_or_somebody_else_s(app: Flask, line: SetupLine) -> None:
    line.says["GET", MENU] = (200, {"richMenuId": "richmenu-1"})
    assert "menu_other" in try_out(app)

    with write_transaction() as session:
        kind = next(iter(RichMenuKind))
        session.add(
            RichMenu(
                channel=CITIZEN, kind=kind, content_hash="x", line_menu_id="richmenu-1", created_at=now()
            )
        )

    assert "menu_well" in try_out(app)


@pytest.mark.parametrize(
    ("login", "secret", "codes"),
    [
        ("1234567890", "kept", {"login_well"}),
        ("1234567890", "", {"login_no_secret"}),
        ("U123", "kept", {"login_id_malformed"}),
    ],
)
def test_the_shape_of_login_values_is_looked_at(
    app: Flask, line: SetupLine, login: str, secret: str, codes: set[str]
) -> None:
    with write_transaction() as session:
        write_setting(session, "line_login_channel_id", login)
        if secret:
            write_setting(session, "line_login_secret", app.extensions["vault"].encrypt(secret))

    assert {code for code in try_out(app) if code.startswith("login")} == codes


def test_an_address_without_https_is_told(app: Flask, line: SetupLine, monkeypatch: Any) -> None:
    monkeypatch.setattr(line_tests, "_can_be_reached", lambda _look: False)

    found = try_out(app)

    assert "webhook_not_https" in broken(found)
    assert ("POST", TRIAL) not in line.asked


def test_the_simulator_of_line_is_tried_like_line_itself(app: Flask, fake_line: FakeLine) -> None:
    found = try_out(app, set_webhook=True)

    assert broken(found) == set()
    assert {"bot", "webhook_put", "webhook_well", "webhook_test_well", "quota_unlimited"} <= set(found)


def test_a_secret_of_another_channel_is_found_by_line_s_own_trial(app: Flask, fake_line: FakeLine) -> None:
    fake_line.state.channels["citizen"].secret = "sim-another-secret"

    assert "webhook_secret_wrong" in broken(try_out(app, set_webhook=True))


@pytest.mark.parametrize(("apart", "code"), [(5, "clock_well"), (-61, "clock_off"), (3600, "clock_off")])
def test_clocks_that_differ_are_told(
    app: Flask, line: SetupLine, monkeypatch: Any, frozen_noon: FrozenClock, apart: int, code: str
) -> None:
    def dated(_gateway: Any, _method: str, _path: str) -> tuple[dict[str, Any], datetime]:
        return {"userId": "U-citizen"}, now() + timedelta(seconds=apart)

    monkeypatch.setattr(LineGateway, "ask_with_date", dated)

    assert code in try_out(app)


def test_a_line_that_hangs_ends_the_test_in_words(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr(line_tests, "QUICK", (0.2, 0.3))
    deaf = socket.create_server(("127.0.0.1", 0))  # It accepts and never answers.
    with deaf, screen_keys(app, f"http://127.0.0.1:{deaf.getsockname()[1]}"):
        paste(app, CITIZEN)

        assert set(try_out(app)) == {"unreachable"}


def test_a_line_that_answers_byte_by_byte_ends_the_test_in_words(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr(line_tests, "QUICK", (0.2, 0.4))
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        conversation, _peer = listening.accept()
        with conversation:
            conversation.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.05):
                conversation.sendall(b" ")

    slow = socket.create_server(("127.0.0.1", 0))
    dripping = threading.Thread(target=drip, args=(slow,), daemon=True)
    with slow, screen_keys(app, f"http://127.0.0.1:{slow.getsockname()[1]}"):
        paste(app, CITIZEN)
        dripping.start()
        found = try_out(app)
        over.set()
        dripping.join()

    assert found["unreachable"]["facts"] == {"fault": "answers too slowly"}


def test_the_longest_test_ends_within_half_a_minute() -> None:
    assert line_tests.LAST_START_SECONDS + sum(line_tests.PATIENT) <= 30


def test_a_line_that_drags_is_not_asked_to_the_end(app: Flask, line: SetupLine, monkeypatch: Any) -> None:
    monkeypatch.setattr(line_tests, "LAST_START_SECONDS", -1.0)

    assert "too_slow" in try_out(app)


def test_without_values_the_test_says_so(app: Flask) -> None:
    with screen_keys(app, None):
        assert set(try_out(app)) == {"not_connected"}


def test_findings_about_values_that_changed_meanwhile_are_dropped(app: Flask, line: SetupLine) -> None:
    store = line_tests.try_channel(app, _claimed())
    paste(app, CITIZEN, token=TOKENS[STAFF])

    with write_transaction() as session:
        store(session)

    db.session.rollback()
    assert last_test(db.session(), CITIZEN).findings == []


def _claimed() -> Any:
    return line_tests.ClaimedJob(1, JobKind.LINE_TEST, {"channel": "citizen"}, None, None)


def test_asked_twice_it_is_tried_once(app: Flask, line: SetupLine) -> None:
    with write_transaction() as session:
        actor = actor_named(session, "admin")
        first = ask_for_test(session, actor, CITIZEN).id
        again = ask_for_test(session, actor, CITIZEN).id
        other = ask_for_test(session, actor, CITIZEN, set_webhook=True).id

    assert first == again != other


def test_a_test_under_way_with_old_values_does_not_answer_for_new_ones(app: Flask, line: SetupLine) -> None:
    with write_transaction() as session:
        job = ask_for_test(session, actor_named(session, "admin"), CITIZEN)
        job.state = DeliveryState.LEASED
        first = job.id
    paste(app, CITIZEN, token=TOKENS[STAFF])

    with write_transaction() as session:
        assert ask_for_test(session, actor_named(session, "admin"), CITIZEN).id != first


def test_only_who_connects_line_may_ask(app: Flask) -> None:
    with write_transaction() as session, pytest.raises(NotPermitted):
        ask_for_test(session, actor_named(session, "clerk"), CITIZEN)


def test_a_channel_disconnected_meanwhile_stays_so(app: Flask, line: SetupLine) -> None:
    store = line_tests.try_channel(app, _claimed())
    with write_transaction() as session:
        forget_keys(session, actor_named(session, "admin"), CITIZEN)
        store(session)

    db.session.rollback()
    assert connection_of(db.session(), CITIZEN).findings == []
    assert run_due(app) == 0


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_finding_reads_as_a_sentence(language: str) -> None:
    for code, words in FINDINGS.items():
        sentence, _mend = said({"code": code, "facts": {}}, language)
        assert sentence, code
        assert words.verdict == "well" or all(words.mend), code
        assert language == "th" or sentence.replace("–", "-").replace("“", '"').replace("”", '"').isascii(), (
            code
        )
