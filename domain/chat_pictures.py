"""Addresses under which LINE fetches a picture: long random tokens that live a while.

LINE shows pictures only from an address that anybody may open without signing in. So an address cannot be
guessed, shows one small picture and no more, and ends: with its time, with the photo, or with the setting.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from domain.attachments import PAPER_TYPE, PHOTO_STAGES
from domain.clock import now
from domain.settings import read_setting
from models import Attachment, ChatPicture

LIFETIME: Final = timedelta(days=30)
"""So long a card in the chat goes on showing its picture."""

MEDIA_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png"}
"""What LINE shows, by the ending of a storage key."""

_WORN: Final = LIFETIME / 2
_TOKEN_BYTES: Final = 32
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """What lies behind an address.

    Attributes:
        storage_key: Of the file in the store.
        media_type: ``image/jpeg`` or ``image/png``.
    """

    storage_key: str
    media_type: str


def shows_photos(session: Session) -> bool:
    """Tell whether the town lets photos of complaints be shown in the chat."""
    return bool(read_setting(session, "line_shows_photos"))


def picture_of_attachment(session: Session, attachment_id: int) -> str:
    """Return the token under which LINE fetches a photo's preview; the living one if there is one.

    Whether it may be shown at all is asked when it is fetched (``find_picture``).

    Args:
        session: Inside a write transaction; the caller commits before LINE is told.
        attachment_id: Of a photo.
    """
    living = _living(session, ChatPicture.attachment_id == attachment_id)
    return _token_of(session, living or ChatPicture(attachment_id=attachment_id))


def picture_of_file(session: Session, storage_key: str, content_hash: str) -> str:
    """Return the token under which LINE fetches a picture drawn by us; the living one of the same content.

    Args:
        session: Inside a write transaction; the caller commits before LINE is told.
        storage_key: Of a JPEG or PNG in the store. Where the same content has a living address already, its
            older file is kept and this one is litter: ask ``picture_drawn`` before drawing.
        content_hash: Of what the picture shows, at most 64 letters.
    """
    living = _living(session, ChatPicture.content_hash == content_hash)
    return _token_of(session, living or ChatPicture(storage_key=storage_key, content_hash=content_hash))


def picture_drawn(session: Session, content_hash: str) -> str | None:
    """Return the living token of a picture drawn before from the same content; None where it is to be drawn.

    Call it inside a write transaction: an address in use begins its time anew.
    """
    living = _living(session, ChatPicture.content_hash == content_hash)
    return _token_of(session, living) if living else None


def find_picture(session: Session, token: str) -> ShownPicture | None:
    """Return what an address shows now; None for one that is unknown, over, or whose photo was taken out."""
    if not _TOKEN.fullmatch(token):
        return None
    picture = _living(session, ChatPicture.token == token)
    if picture is None:
        return None
    key = picture.storage_key if picture.attachment_id is None else _preview(session, picture.attachment_id)
    media_type = MEDIA_TYPES.get(key.rpartition(".")[2]) if key else None
    return ShownPicture(key, media_type) if key and media_type else None


def drop_expired(session: Session) -> list[str]:
    """Forget addresses that are over; return the keys of files nothing else names. The caller commits."""
    over = session.scalars(select(ChatPicture).where(ChatPicture.expires_at <= now())).all()
    keys = {row.storage_key for row in over if row.storage_key}
    for row in over:
        session.delete(row)
    session.flush()
    named = session.scalars(select(ChatPicture.storage_key).where(ChatPicture.storage_key.in_(sorted(keys))))
    return sorted(keys - set(named))


def _living(session: Session, which: ColumnElement[bool]) -> ChatPicture | None:
    """Return the address that lives longest."""
    rows = select(ChatPicture).where(which, ChatPicture.expires_at > now())
    return session.scalars(rows.order_by(ChatPicture.expires_at.desc(), ChatPicture.id).limit(1)).first()


def _token_of(session: Session, picture: ChatPicture) -> str:
    """Return the token of a new or living address; one that has lived half its time begins anew."""
    moment = now()
    if picture.id is None:
        picture.token, picture.created_at = secrets.token_urlsafe(_TOKEN_BYTES), moment
        picture.expires_at = moment + LIFETIME
        session.add(picture)
        session.flush()
    elif picture.expires_at - moment <= _WORN:
        picture.expires_at = moment + LIFETIME
    return picture.token


def _preview(session: Session, attachment_id: int) -> str | None:
    """Return the key of a photo's preview; None where nobody may see it any more."""
    if not shows_photos(session):
        return None
    return session.scalar(
        select(Attachment.preview_key).where(
            Attachment.id == attachment_id,
            Attachment.stage.in_(PHOTO_STAGES),
            Attachment.media_type != PAPER_TYPE,
            Attachment.removed_at.is_(None),
        )
    )
