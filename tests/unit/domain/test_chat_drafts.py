"""Drafts in the chat: one at a time, begun ones wait, empty ones leave no trace, old ones go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import chat_drafts
from domain.clock import now
from models import (
    AttachmentStage,
    ChatDraft,
    ChatDraftKind,
    ChatPhoto,
    DeliveryState,
    LineAccount,
    LineChannel,
)

REPORT, WORDS = ChatDraftKind.REPORT, ChatDraftKind.WORDS


@pytest.fixture
def malee(session: Session) -> LineAccount:
    account = LineAccount(channel=LineChannel.CITIZEN, line_user_id="U" + "a" * 32, bound_at=now())
    session.add(account)
    session.flush()
    return account


def told(session: Session, account: LineAccount, words: str) -> ChatDraft:
    draft = chat_drafts.open_draft(session, account, REPORT)
    chat_drafts.keep(draft, texts=[{"id": "1", "text": words}])
    session.flush()
    return draft


def photo(session: Session, draft: ChatDraft, message_id: str = "m1") -> None:
    chat_drafts.note_photo(session, draft, LineChannel.CITIZEN, message_id, AttachmentStage.BEFORE, None)
    session.flush()


def test_whoever_speaks_is_found_with_what_he_is_in_the_middle_of(session: Session, malee: LineAccount):
    assert chat_drafts.who_speaks(session, malee.channel, malee.line_user_id) == (malee, None)
    draft = told(session, malee, "ไฟดับ")
    assert chat_drafts.who_speaks(session, malee.channel, malee.line_user_id) == (malee, draft)
    assert chat_drafts.who_speaks(session, LineChannel.STAFF, malee.line_user_id) == (None, None)


def test_another_beginning_parks_the_first_which_comes_back(session: Session, malee: LineAccount):
    first = told(session, malee, "ไฟดับ")
    second = chat_drafts.open_draft(session, malee, WORDS, said={"action": "comment"})

    assert chat_drafts.current_draft(session, malee.id) is second
    assert list(chat_drafts.parked_drafts(session, malee.id)) == [first]

    turn = first.turn
    chat_drafts.resume(session, first)
    assert chat_drafts.current_draft(session, malee.id) is first
    assert first.turn == turn + 1, "buttons of before are old"
    assert list(chat_drafts.parked_drafts(session, malee.id)) == [], "the empty one was dropped"


def test_of_many_the_oldest_is_dropped(session: Session, malee: LineAccount):
    for number in range(chat_drafts.MOST_PARKED + 3):
        told(session, malee, f"เรื่องที่ {number}").touched_at = now() + timedelta(seconds=number)
    chat_drafts.open_draft(session, malee, REPORT)

    kept = [draft.said["texts"][0]["text"] for draft in chat_drafts.parked_drafts(session, malee.id)]
    assert kept == [f"เรื่องที่ {number}" for number in (7, 6, 5, 4, 3)]


def test_every_change_makes_the_buttons_before_it_old(session: Session, malee: LineAccount):
    draft = told(session, malee, "ไฟดับ")
    turn = draft.turn
    chat_drafts.keep(draft, place_text="หน้าตลาด")
    chat_drafts.keep(draft, place_text=None)

    assert draft.turn == turn + 2
    assert "place_text" not in draft.said


def test_photos_of_a_draft_given_up_are_not_fetched_any_more(session: Session, malee: LineAccount):
    draft = told(session, malee, "ไฟดับ")
    photo(session, draft)
    assert chat_drafts.photos_under_way(session, draft)
    chat_drafts.drop(session, draft)

    assert session.scalars(select(ChatPhoto.state)).all() == [DeliveryState.CANCELLED]
    assert session.scalars(select(ChatDraft)).all() == []


def test_drafts_nobody_touches_go(session: Session, malee: LineAccount):
    told(session, malee, "ไฟดับ").touched_at = now() - timedelta(days=9)
    session.flush()

    assert chat_drafts.drop_stale_drafts(session, now() - timedelta(days=10)) == 0
    assert chat_drafts.drop_stale_drafts(session, now() - timedelta(days=8)) == 1
