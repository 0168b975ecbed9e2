"""What an officer has typed and not saved: autosaved rows, and text that outlives an expired sign-in.

An expired sign-in has nobody a row could belong to, so the typed text travels sealed with the sign-in page
and becomes a draft of whoever signs in, if that is the person whose session ended. Passwords, files and
form secrets never travel. A national ID lies in a row only encrypted.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from cryptography.fernet import InvalidToken
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.errors import InvalidField, NotPermitted
from domain.settings import kept_for
from domain.vault import Vault, new_token
from models import Draft, FormToken

MAX_FIELDS: Final = 150
MAX_VALUE: Final = 20_000  # As long as the longest story.
MAX_TOTAL: Final = 60_000
MAX_DRAFTS: Final = 30
TYPED_LIFETIME: Final = timedelta(hours=24)

Fields = dict[str, str | list[str]]

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8,40}", re.ASCII)
_NEVER: Final = re.compile(r"password|csrf|^(?:typed|pending|sealed|totp)$", re.IGNORECASE)
_ENCRYPTED: Final = frozenset({"national_id"})
_FORM_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Typed:
    """Text that was typed into a form whose session had ended.

    Attributes:
        form_name: Path the form was sent to.
        back: Local path of the page that shows the form again.
        fields: Name to value, or to several values.
        is_cut: Some text was longer than can be carried.
    """

    form_name: str
    back: str
    fields: Fields
    is_cut: bool = False


def typed_text(form_name: str, back: str, items: Iterable[tuple[str, str]]) -> Typed | None:
    """Gather what was typed, without passwords and form secrets; None when there is nothing to keep.

    Args:
        form_name: Path the form was sent to.
        back: Local path of the page that shows the form again.
        items: Names and values as they were sent; a name may come several times.
    """
    fields, is_cut = _collect(items)
    if not any(value.strip() for values in fields.values() for value in values):
        return None
    return Typed(form_name, back, _unlisted(fields), is_cut)


def seal_typed(vault: Vault, staff_user_id: int | None, typed: Typed) -> str:
    """Return typed text encrypted for a hidden field.

    Args:
        vault: Encrypts and signs.
        staff_user_id: Whose session ended; None where that is not known.
        typed: From ``typed_text``.
    """
    plain = json.dumps({"for": staff_user_id, "at": now().timestamp(), **asdict(typed)})
    return vault.encrypt("typed:" + base64.b64encode(zlib.compress(plain.encode())).decode())


def open_typed(vault: Vault, sealed: str, staff_user_id: int) -> Typed | None:
    """Return sealed text to the officer it belongs to; None for anybody else, after 24 h or if damaged."""
    try:
        word, _, packed = vault.decrypt(sealed).partition(":")
    except (InvalidToken, UnicodeError):
        return None
    if word != "typed":
        return None
    kept = json.loads(zlib.decompress(base64.b64decode(packed)))
    is_old = now().timestamp() - kept["at"] > TYPED_LIFETIME.total_seconds()
    if is_old or kept["for"] not in (None, staff_user_id):
        return None
    return Typed(kept["form_name"], kept["back"], kept["fields"], kept["is_cut"])


def save_typed(session: Session, actor: Actor, vault: Vault, typed: Typed) -> str:
    """Store typed text as a draft and return its token for ``?draft=``; the caller commits."""
    token = new_token()
    save_draft(session, actor, typed.form_name, token, typed.fields, vault=vault)
    return token


def save_draft(
    session: Session,
    actor: Actor,
    form_name: str,
    token: str,
    fields: Mapping[str, Any],
    *,
    vault: Vault | None = None,
) -> None:
    """Store or replace a draft of the actor; the caller commits.

    Nothing is stored for a form that was saved already, so an autosave that comes late brings nothing back.

    Args:
        session: A writing session.
        actor: Whose draft it is.
        form_name: Name or path of the form; 60 letters are kept.
        token: The form's token, 8 to 40 URL-safe letters.
        fields: Name to text or list of texts; anything else is left out.
        vault: Encrypts a national ID; without one that field is left out.

    Raises:
        NotPermitted: the actor is no officer.
        InvalidField: ``field_invalid``: the token is none.
    """
    if actor.staff_user_id is None:
        raise NotPermitted
    if not _TOKEN.fullmatch(token):
        raise InvalidField(field="token")
    if session.scalar(select(FormToken.id).where(FormToken.token == token)) is not None:
        return
    kept, _is_cut = _collect(_items(fields))
    stored = _stored(kept, vault)
    name = _storable(form_name)[:_FORM_NAME]
    if not _replace(session, actor.staff_user_id, name, token, stored):
        try:
            with session.begin_nested():
                session.add(
                    Draft(
                        staff_user_id=actor.staff_user_id,
                        form_name=name,
                        token=token,
                        fields=stored,
                        updated_at=now(),
                    )
                )
        except IntegrityError:  # Another autosave of the same form was first.
            _replace(session, actor.staff_user_id, name, token, stored)
        _forget_oldest(session, actor.staff_user_id)


def take_draft(session: Session, actor: Actor, token: str, *, vault: Vault | None = None) -> Fields:
    """Return what the actor typed under a token, empty if there is nothing; the row stays until it is saved.

    Args:
        session: Any session.
        actor: Nobody gets another officer's draft.
        token: From ``?draft=`` or the form.
        vault: Opens a national ID; without one that field is left out.
    """
    if actor.staff_user_id is None or not _TOKEN.fullmatch(token):
        return {}
    fields = session.scalar(
        select(Draft.fields)
        .where(Draft.staff_user_id == actor.staff_user_id, Draft.token == token)
        .order_by(Draft.updated_at.desc())
        .limit(1)
    )
    opened: Fields = {}
    for name, value in (fields or {}).items():
        if not isinstance(value, dict):
            opened[name] = value
        elif vault is not None:
            opened[name] = _opened(vault, value)
    return opened


def delete_draft(session: Session, actor: Actor, token: str) -> None:
    """Forget a draft, after its form was saved or thrown away; the caller commits."""
    session.execute(
        delete(Draft).where(Draft.staff_user_id == actor.staff_user_id, Draft.token == token[:40])
    )


def sweep(session: Session) -> int:
    """Delete drafts nobody touched for ``keep_drafts_days`` and return how many; the caller commits."""
    edge = now() - kept_for(session, "keep_drafts_days")
    gone = session.execute(delete(Draft).where(Draft.updated_at < edge))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _replace(
    session: Session, staff_user_id: int, form_name: str, token: str, fields: dict[str, Any]
) -> bool:
    own = (Draft.staff_user_id == staff_user_id, Draft.form_name == form_name, Draft.token == token)
    row = session.scalar(select(Draft).where(*own).with_for_update())
    if row is None:
        return False
    row.fields, row.updated_at = fields, now()
    return True


def _forget_oldest(session: Session, staff_user_id: int) -> None:
    own = select(Draft.id).where(Draft.staff_user_id == staff_user_id)
    old = session.scalars(own.order_by(Draft.updated_at.desc(), Draft.id.desc()).offset(MAX_DRAFTS)).all()
    if old:
        session.execute(delete(Draft).where(Draft.id.in_(old)))


def _collect(items: Iterable[tuple[str, str]]) -> tuple[dict[str, list[str]], bool]:
    """Gather what may be kept, in order, until the room is full; tell whether something was cut."""
    fields: dict[str, list[str]] = {}
    room, is_cut = MAX_TOTAL, False
    for count, (name, value) in enumerate(items):
        if _NEVER.search(name) or not 0 < len(name) <= _FORM_NAME:
            continue
        kept = _storable(value)[: min(MAX_VALUE, room)]
        if count >= MAX_FIELDS or len(kept) < len(_storable(value)):
            is_cut = True
        if count < MAX_FIELDS:
            fields.setdefault(_storable(name), []).append(kept)
            room -= len(kept)
    return fields, is_cut


def _items(fields: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and isinstance(each, str):
                yield name, each


def _storable(text: str) -> str:
    """Return the text without what no database takes: NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def _stored(fields: dict[str, list[str]], vault: Vault | None) -> dict[str, Any]:
    stored: dict[str, Any] = {}
    for name, value in _unlisted(fields).items():
        if name not in _ENCRYPTED:
            stored[name] = value
        elif vault is not None:
            stored[name] = {"sealed": vault.encrypt(json.dumps(value))}
    return stored


def _opened(vault: Vault, value: Mapping[str, str]) -> str | list[str]:
    found: str | list[str] = json.loads(vault.decrypt(value["sealed"]))
    return found


def _unlisted(fields: Mapping[str, list[str]]) -> Fields:
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
