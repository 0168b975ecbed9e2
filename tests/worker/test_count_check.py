"""The nightly proof: silent while all is well, heard and mended when somebody meddled."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from helpers.cases import new_case
from sqlalchemy import text

from extensions import db, write_transaction
from worker.count_check import check_counts, counts_differ


def test_right_counts_are_left_alone(app: Flask) -> None:
    with write_transaction() as session:
        new_case(session)
    assert check_counts(app) == 0


def test_meddled_counts_are_counted_anew_and_said(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with write_transaction() as session:
        new_case(session)
        session.flush()
        session.execute(text("DELETE FROM case_change"))
    with caplog.at_level(logging.ERROR):
        assert check_counts(app) == 1
    assert "counted anew" in caplog.text
    db.session.rollback()
    assert not counts_differ(db.session())
