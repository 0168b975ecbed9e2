"""What was typed is never lost, never another officer's, and never holds a secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from helpers.backends import SqliteBackend
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, now
from domain.drafts import (
    MAX_DRAFTS,
    MAX_TOTAL,
    MAX_VALUE,
    Typed,
    delete_draft,
    open_typed,
    save_draft,
    save_typed,
    seal_typed,
    sweep,
    take_draft,
    typed_text,
)
from domain.errors import InvalidField, NotPermitted
from domain.vault import Vault
from models import Draft, FormToken

FORM = "/admin/complaint/new/"
TOKEN = "form-token-0001"
STORY = {"story": "ถนนเป็นหลุมลึก หน้าบ้านเลขที่ 12", "channel": "phone"}

ActAs = Callable[[str], Actor]


@pytest.fixture
def backend(sqlite_backend: SqliteBackend) -> SqliteBackend:
    """One database is enough here; test_account_rivals.py runs on both."""
    return sqlite_backend


@pytest.fixture
def vault() -> Vault:
    return Vault(b"v" * 32)


def typed(*items: tuple[str, str]) -> Typed:
    found = typed_text(FORM, FORM, items or STORY.items())
    assert found is not None
    return found


def test_an_officer_gets_back_what_he_typed(session: Session, act_as: ActAs) -> None:
    save_draft(session, act_as("clerk"), FORM, TOKEN, STORY)

    assert take_draft(session, act_as("clerk"), TOKEN) == STORY


def test_a_draft_stays_until_the_form_is_saved(session: Session, act_as: ActAs) -> None:
    save_draft(session, act_as("clerk"), FORM, TOKEN, STORY)
    take_draft(session, act_as("clerk"), TOKEN)
    assert take_draft(session, act_as("clerk"), TOKEN) == STORY

    delete_draft(session, act_as("clerk"), TOKEN)

    assert take_draft(session, act_as("clerk"), TOKEN) == {}


def test_nobody_gets_another_officers_draft(session: Session, act_as: ActAs) -> None:
    save_draft(session, act_as("clerk"), FORM, TOKEN, STORY)

    assert take_draft(session, act_as("head"), TOKEN) == {}
    delete_draft(session, act_as("head"), TOKEN)
    assert take_draft(session, act_as("clerk"), TOKEN) == STORY


def test_typing_on_replaces_the_draft(session: Session, act_as: ActAs) -> None:
    save_draft(session, act_as("clerk"), FORM, TOKEN, STORY)
    save_draft(session, act_as("clerk"), FORM, TOKEN, {"story": "ถนนเป็นหลุม"})

    assert take_draft(session, act_as("clerk"), TOKEN) == {"story": "ถนนเป็นหลุม"}
    assert session.scalar(select(func.count(Draft.id))) == 1


def test_an_autosave_that_comes_after_saving_brings_nothing_back(session: Session, act_as: ActAs) -> None:
    session.add(FormToken(token=TOKEN, purpose="register", used_at=now()))
    session.flush()

    save_draft(session, act_as("clerk"), FORM, TOKEN, STORY)

    assert take_draft(session, act_as("clerk"), TOKEN) == {}


def test_several_values_of_one_field_stay_several(session: Session, act_as: ActAs) -> None:
    save_draft(session, act_as("clerk"), FORM, TOKEN, {"zone": ["1", "3"], "story": "x"})

    assert take_draft(session, act_as("clerk"), TOKEN) == {"zone": ["1", "3"], "story": "x"}


@pytest.mark.parametrize("name", ["password", "Password_again", "current_password", "csrf_token", "typed"])
def test_passwords_and_form_secrets_are_never_kept(session: Session, act_as: ActAs, name: str) -> None:
    save_draft(session, act_as("clerk"), FORM, TOKEN, {name: "geheim", "story": "x"})

    assert take_draft(session, act_as("clerk"), TOKEN) == {"story": "x"}


def test_a_national_id_lies_in_the_database_only_encrypted(
    session: Session, act_as: ActAs, vault: Vault
) -> None:
    fields = {"national_id": "1100700000001", "first_name": "มานี"}
    save_draft(session, act_as("clerk"), FORM, TOKEN, fields, vault=vault)
    session.flush()

    assert "1100700000001" not in str(session.execute(text("select fields from draft")).scalar_one())
    assert take_draft(session, act_as("clerk"), TOKEN, vault=vault) == fields
    assert take_draft(session, act_as("clerk"), TOKEN) == {"first_name": "มานี"}


def test_without_a_vault_a_national_id_is_left_out(session: Session, act_as: ActAs) -> None:
    save_draft(session, act_as("clerk"), FORM, TOKEN, {"national_id": "1100700000001", "first_name": "มานี"})

    assert take_draft(session, act_as("clerk"), TOKEN) == {"first_name": "มานี"}


@pytest.mark.parametrize("token", ["", "short", "x" * 41, "../../etc/passwd", "กขคงจฉชซ", "a b c d e f"])
def test_a_draft_has_a_plain_token(session: Session, act_as: ActAs, token: str) -> None:
    with pytest.raises(InvalidField):
        save_draft(session, act_as("clerk"), FORM, token, STORY)

    assert take_draft(session, act_as("clerk"), token) == {}


def test_only_officers_have_drafts(session: Session) -> None:
    with pytest.raises(NotPermitted):
        save_draft(session, Actor(kind="anonymous", name=""), FORM, TOKEN, STORY)


def test_what_is_no_text_is_left_out(session: Session, act_as: ActAs) -> None:
    save_draft(
        session, act_as("clerk"), FORM, TOKEN, {"story": "x", "n": 7, "deep": {"a": "b"}, "mix": ["y", 1]}
    )

    assert take_draft(session, act_as("clerk"), TOKEN) == {"story": "x", "mix": "y"}


def test_a_draft_never_grows_without_end(session: Session, act_as: ActAs) -> None:
    save_draft(session, act_as("clerk"), FORM, TOKEN, {f"field{n}": "ก" * 50_000 for n in range(500)})

    kept = take_draft(session, act_as("clerk"), TOKEN)

    assert max(len(value) for value in kept.values()) == MAX_VALUE
    assert sum(len(value) for value in kept.values()) == MAX_TOTAL


def test_an_officer_keeps_his_latest_drafts(
    session: Session, act_as: ActAs, frozen_noon: FrozenClock
) -> None:
    for number in range(MAX_DRAFTS + 3):
        frozen_noon.advance(timedelta(seconds=1))
        save_draft(session, act_as("clerk"), FORM, f"form-token-{number:04}", STORY)

    assert session.scalar(select(func.count(Draft.id))) == MAX_DRAFTS
    assert take_draft(session, act_as("clerk"), "form-token-0002") == {}
    assert take_draft(session, act_as("clerk"), "form-token-0003") == STORY


def test_forgotten_drafts_are_swept_away(session: Session, act_as: ActAs, frozen_noon: FrozenClock) -> None:
    save_draft(session, act_as("clerk"), FORM, TOKEN, STORY)
    frozen_noon.advance(timedelta(days=30, seconds=1))

    assert sweep(session) == 1
    assert take_draft(session, act_as("clerk"), TOKEN) == {}


def test_typed_text_travels_unreadable_and_comes_back_whole(vault: Vault) -> None:
    sealed = seal_typed(vault, 7, typed())

    assert "ถนน" not in sealed
    assert sealed.isascii()
    assert open_typed(vault, sealed, 7) == Typed(FORM, FORM, dict(STORY))


def test_typed_text_is_opened_only_for_whose_session_ended(vault: Vault) -> None:
    assert open_typed(vault, seal_typed(vault, 7, typed()), 8) is None


def test_typed_text_of_an_unknown_session_belongs_to_who_signs_in(vault: Vault) -> None:
    assert open_typed(vault, seal_typed(vault, None, typed()), 8) is not None


def test_typed_text_is_good_for_a_day(vault: Vault, frozen_noon: FrozenClock) -> None:
    sealed = seal_typed(vault, 7, typed())
    frozen_noon.advance(timedelta(hours=24, seconds=1))

    assert open_typed(vault, sealed, 7) is None


@pytest.mark.parametrize("change", ["", "x", "gAAAAA", "ก"])
def test_damaged_typed_text_is_no_text(vault: Vault, change: str) -> None:
    assert open_typed(vault, change + seal_typed(vault, 7, typed())[:-2], 7) is None


def test_another_secret_of_the_vault_is_no_typed_text(vault: Vault) -> None:
    assert open_typed(vault, vault.encrypt(json.dumps({"for": 7})), 7) is None


def test_a_form_without_words_leaves_nothing_to_keep() -> None:
    assert typed_text(FORM, FORM, [("csrf_token", "x"), ("password", "y"), ("story", "  ")]) is None


def test_a_person_is_told_when_not_everything_could_be_kept() -> None:
    assert not typed(("story", "ก" * MAX_VALUE)).is_cut
    assert typed(("story", "ก" * (MAX_VALUE + 1))).is_cut


def test_typed_text_becomes_a_draft_of_the_form(
    app: Flask, session: Session, act_as: ActAs, vault: Vault
) -> None:
    token = save_typed(session, act_as("clerk"), vault, typed())

    assert take_draft(session, act_as("clerk"), token) == STORY
    assert session.scalars(select(Draft)).one().form_name == FORM
