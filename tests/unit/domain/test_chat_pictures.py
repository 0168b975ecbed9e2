"""Addresses of pictures in the chat: hard to guess, the same while they live, gone with what they show."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.chat_pictures import (
    LIFETIME,
    ShownPicture,
    drop_expired,
    find_picture,
    picture_drawn,
    picture_of_file,
)
from domain.clock import FrozenClock
from models import ChatPicture

FIRST, SECOND = "aa/" + "1" * 32 + ".png", "aa/" + "2" * 32 + ".png"


def test_the_same_drawing_keeps_its_address_as_long_as_it_is_shown(
    session: Session, frozen_noon: FrozenClock
) -> None:
    assert picture_drawn(session, "figures") is None
    token = picture_of_file(session, FIRST, "figures")
    assert len(token) == 43
    assert find_picture(session, token) == ShownPicture(FIRST, "image/png")

    frozen_noon.advance(LIFETIME - timedelta(days=1))
    assert picture_drawn(session, "figures") == token, "in use it begins its time anew"
    frozen_noon.advance(timedelta(days=20))
    assert picture_of_file(session, SECOND, "figures") == token
    assert find_picture(session, token) == ShownPicture(FIRST, "image/png")
    assert picture_of_file(session, SECOND, "other figures") != token


def test_an_address_that_is_over_goes_with_its_file(session: Session, frozen_noon: FrozenClock) -> None:
    token = picture_of_file(session, FIRST, "figures")
    frozen_noon.advance(LIFETIME - timedelta(days=1))
    kept = picture_of_file(session, SECOND, "other figures")
    frozen_noon.advance(timedelta(days=1))

    assert find_picture(session, token) is None
    assert drop_expired(session) == [FIRST]
    assert list(session.scalars(select(ChatPicture.token))) == [kept]
    assert drop_expired(session) == []


def test_what_is_no_token_of_ours_finds_nothing(session: Session) -> None:
    picture_of_file(session, "aa/notes.svg", "svg")
    stored = session.scalars(select(ChatPicture.token)).one()

    for typed in ("", "x", "ก" * 43, "'" * 43, stored + "\n", stored.swapcase()):
        assert find_picture(session, typed) is None
    assert find_picture(session, stored) is None, "LINE shows JPEG and PNG only"
