"""A citizen registers in the chat, or ties the phone to what we know: name, phone, birth date (000-27).

Nobody has to: a report needs no registration. Whether a number is known to us is never said
(``self_registration``).
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from domain import chat_drafts
from domain.errors import Words
from domain.person_names import split_name
from domain.phones import normalise_phone, readable_phone
from domain.self_registration import Outcome, Registration, is_registered, register_self
from domain.thai_calendar import thai_date
from domain.thai_dates import parse_thai_date
from line_hooks import talks
from line_hooks.asking import Asking
from line_hooks.chat_cards import CardLine, Fact, text_message
from line_hooks.talks import CONFIRM, Said, Talk, Turn
from models import ChatDraftKind

NAME: Final = "name"
PHONE: Final = "phone"
BIRTH: Final = "birth"


def register(ask: Asking) -> str:
    """Answer the word: go on with the registration that is open, or begin one."""
    if ask.account is None:
        return ask.say("register_add_us", "report", "contact")
    turn = talks.turn_of(ask)
    if turn is None or turn.draft.kind is not ChatDraftKind.REGISTRATION:
        if is_registered(ask.session, ask.account):
            return ask.say("register_done_before", "report", "follow")
        turn = talks.begin(ask, ChatDraftKind.REGISTRATION)
    return _asks_next(turn, "") if turn else ask.say("register_add_us")


# Taking -----------------------------------------------------------------------------------------------------


def _hears(turn: Turn, said: Said) -> str:
    if said.media or said.place is not None:
        return _asks_next(turn, turn.ask.words("register_words_only"))
    return _TAKES.get(turn.draft.asked, _take_name)(turn, said.words)


def _take_name(turn: Turn, words: str) -> str:
    name = split_name(words)
    turn.keep(title=name.title, first_name=name.first_name, last_name=name.last_name)
    return _asks_next(turn, "")


def _take_phone(turn: Turn, words: str) -> str:
    turn.keep(phone=normalise_phone(words, field="phone"))
    return _asks_next(turn, "")


def _take_birth(turn: Turn, words: str) -> str:
    day = parse_thai_date(words, field="birth_date", not_future=True)
    turn.keep(birth_date=day.isoformat(), no_birth=None)
    return _asks_next(turn, "")


def _take_again(turn: Turn, _words: str) -> str:
    return _asks_next(turn, "")


_TAKES: Final = {NAME: _take_name, PHONE: _take_phone, BIRTH: _take_birth, CONFIRM: _take_again}


# Asking -----------------------------------------------------------------------------------------------------


def _asks_next(turn: Turn, before: str) -> str:
    """Ask for the first thing that is missing; show the whole when nothing is."""
    ask = turn.ask
    if not turn.known("first_name"):
        return turn.asks(NAME, ask.words("register_name"), before=before)
    if not turn.known("phone"):
        return turn.asks(PHONE, ask.words("register_phone"), before=before)
    if not (turn.known("birth_date") or turn.known("no_birth")):
        return turn.asks(BIRTH, ask.words("register_birth"), turn.skips(), before=before)
    return _shows_all(turn, before)


def _shows_all(turn: Turn, before: str) -> str:
    ask = turn.ask
    said: dict[str, Any] = turn.draft.said
    name = f"{said.get('title') or ''}{said['first_name']} {said.get('last_name') or ''}".strip()
    born = date.fromisoformat(said["birth_date"]) if said.get("birth_date") else None
    rows = (
        (ask.pick("ชื่อ", "Name"), name),
        (ask.pick("โทร", "Phone"), readable_phone(said["phone"])),
        (ask.pick("วันเกิด", "Born"), thai_date(born, lang=ask.language) if born else ""),
    )
    lines: list[CardLine] = [Fact(label, text) for label, text in rows if text]
    lines.append(ask.words("register_notice"))
    card = ask.cards.card(
        ask.pick("ตรวจแล้วกดลงทะเบียน", "Look it over, then register"),
        lines,
        [turn.sends(Words("ลงทะเบียน", "Register"))],
        alt=ask.pick("ตรวจข้อมูลก่อนลงทะเบียน", "Look over your registration"),
    )
    shown = [text_message(before)] if before else []
    changes = (
        turn.press(Words("แก้ชื่อ", "Change name"), "name"),
        turn.press(Words("แก้เบอร์โทร", "Change phone"), "phone"),
        turn.press(Words("แก้วันเกิด", "Change birth date"), "birth"),
    )
    return turn.shows(CONFIRM, *shown, card, *changes)


# Buttons ----------------------------------------------------------------------------------------------------


def _pressed_name(turn: Turn, _value: int | None) -> str:
    return turn.asks(NAME, turn.ask.words("register_name"))


def _pressed_phone(turn: Turn, _value: int | None) -> str:
    return turn.asks(PHONE, turn.ask.words("register_phone"))


def _pressed_birth(turn: Turn, _value: int | None) -> str:
    return turn.asks(BIRTH, turn.ask.words("register_birth"), turn.skips())


def _sends(turn: Turn) -> str:
    return talks.carry_out(turn, lambda: _register(turn))


def _register(turn: Turn) -> str:
    ask, said = turn.ask, turn.draft.said
    if ask.tools.vault is None or ask.account is None:
        raise RuntimeError("a registration needs a vault and an account")
    wish = Registration(
        title=said.get("title"),
        first_name=said["first_name"],
        last_name=said.get("last_name"),
        phone=said["phone"],
        birth_date=date.fromisoformat(said["birth_date"]) if said.get("birth_date") else None,
    )
    outcome = register_self(ask.session, ask.tools.vault, ask.account, wish)
    chat_drafts.finish(ask.session, turn.draft)
    code = "register_tied" if outcome is Outcome.TIED else "register_done"
    return talks.done(turn, code, [text_message(ask.words(code))], *ask.menu_actions("report", "follow"))


def _skips(turn: Turn) -> str:
    asked = turn.draft.asked
    if asked == BIRTH:
        turn.keep(no_birth=True, birth_date=None)
    elif asked != CONFIRM:
        return _asks_next(turn, turn.ask.words("cannot_skip"))
    return _asks_next(turn, "")


talks.register_talk(
    ChatDraftKind.REGISTRATION,
    Talk(
        name=Words("ลงทะเบียนที่ค้างไว้", "My registration"),
        hears=_hears,
        asks_again=_asks_next,
        presses={
            "name": _pressed_name,
            "phone": _pressed_phone,
            "birth": _pressed_birth,
        },
        sends=_sends,
        skips=_skips,
    ),
)
