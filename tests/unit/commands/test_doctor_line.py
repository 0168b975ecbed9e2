"""The doctor looks at LINE with the values in force, be they the server's or pasted on the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers.setup_line import CITIZEN, PUBLIC, STAFF, TOKENS, SetupLine, paste, screen_keys, setup_line

from commands.doctor_findings import BROKEN, LOOK, WELL, Finding
from commands.doctor_services import line_citizens, line_officers
from domain.clock import now
from domain.line_connections import connection_of
from domain.line_findings import finding
from domain.line_setup import keep_findings
from domain.vault import Vault
from extensions import write_transaction


@pytest.fixture
def line(app: Flask) -> Iterator[SetupLine]:
    with setup_line(app) as made:
        yield made


def found(app: Flask) -> list[Finding]:
    return [*line_citizens(app), *line_officers(app)]


def test_values_of_the_screen_are_tried(app: Flask, line: SetupLine) -> None:
    paste(app, CITIZEN)

    citizens, officers = found(app)

    assert (citizens.mark, officers.mark) == (WELL, LOOK)
    assert "@citizen" in citizens.words
    assert "ยังไม่ได้เปิดใช้" in officers.words


def test_a_refused_token_of_the_screen_leads_to_the_screen(app: Flask, line: SetupLine) -> None:
    paste(app, STAFF, token="sim-revoked")

    officers = found(app)[-1]

    assert officers.mark == BROKEN
    assert "ไม่ยอมรับโทเคน" in officers.words
    assert "เชื่อมต่อ LINE" in str(officers)
    assert "sim-revoked" not in str(officers)


def test_values_that_cannot_be_opened_are_told_as_such(app: Flask, line: SetupLine) -> None:
    paste(app, CITIZEN)
    kept = app.extensions["vault"]
    app.extensions["vault"] = Vault(b"z" * 32)
    try:
        citizens = found(app)[0]
    finally:
        app.extensions["vault"] = kept

    assert citizens.mark == LOOK
    assert "personal-data.key" in citizens.words


def test_what_the_last_test_found_broken_is_repeated(app: Flask, line: SetupLine) -> None:
    paste(app, CITIZEN)
    with write_transaction() as session:
        row = connection_of(session, CITIZEN)
        row.test_asked_at = now()
        kept = [finding("webhook_secret_wrong"), finding("clock_well"), finding("token_refused")]
        keep_findings(session, CITIZEN, row.updated_at, kept, is_over=True)

    said = [one.words for one in found(app) if "ทดสอบครั้งล่าสุด" in one.words]

    assert len(said) == 1
    assert "ลายเซ็นไม่ตรง" in said[0]


def test_an_address_line_cannot_reach_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.doctor_services._line_channel", lambda *_given: Finding(WELL, "LINE"))
    for address, marks in ((PUBLIC, [WELL]), ("http://localhost:8543", [WELL, BROKEN])):
        with screen_keys(app, None, address):
            paste(app, CITIZEN, token=TOKENS[CITIZEN])

            assert [one.mark for one in line_citizens(app)] == marks
