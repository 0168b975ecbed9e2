"""An officer who is new registers in the officers' chat: name, position, department, phone (000-66).

The centre decides in the back office; until then the phone is nobody's. Who has an account already links by
signing in.
"""

from __future__ import annotations

from typing import Any, Final

from domain import chat_drafts
from domain.errors import Words
from domain.line_requests import MAX_POSITION, OfficerWish, ask_for_officer, waiting_request
from domain.lookups import Row
from domain.person_names import split_name
from domain.phones import normalise_phone, readable_phone
from domain.thai_calendar import thai_date
from domain.thai_text import clean_text, search_form
from line_hooks import talks
from line_hooks.asking import Asking
from line_hooks.chat_cards import MOST_LINES, CardLine, Fact, Line, text_message
from line_hooks.limits import JsonDict
from line_hooks.talks import CONFIRM, Said, Talk, Turn
from models import ChatDraftKind

NAME: Final = "name"
POSITION: Final = "position"
DEPARTMENT: Final = "department"
PHONE: Final = "phone"

_MOST_CARDS: Final = 4
_MOST_TYPED: Final = 120


def register(ask: Asking) -> str:
    """Answer the guests' tile: go on with the registration that is open, or begin one."""
    if ask.account is None:
        return ask.say("officer_ask_add_us", "link", "administrator")
    officer = ask.account.staff_user
    if officer is not None and officer.is_active:
        return ask.say("officer_ask_linked", "my_work", "my_account", name=officer.full_name)
    turn = talks.turn_of(ask)
    if turn is None or turn.draft.kind is not ChatDraftKind.OFFICER_REQUEST:
        waiting = waiting_request(ask.session, ask.account.id)
        if waiting is not None:
            day = thai_date(waiting.created_at, lang=ask.language)
            return ask.say("officer_ask_waits", "guide", "administrator", name=day)
        turn = talks.begin(ask, ChatDraftKind.OFFICER_REQUEST)
    return _asks_next(turn, "") if turn else ask.say("officer_ask_add_us")


# Taking -----------------------------------------------------------------------------------------------------


def _hears(turn: Turn, said: Said) -> str:
    if said.media or said.place is not None:
        return _asks_next(turn, turn.ask.words("officer_ask_words_only"))
    return _TAKES.get(turn.draft.asked, _take_name)(turn, said.words)


def _take_name(turn: Turn, words: str) -> str:
    name = split_name(words, needs_family_name=True)
    turn.keep(title=name.title, first_name=name.first_name, last_name=name.last_name)
    return _asks_next(turn, "")


def _take_position(turn: Turn, words: str) -> str:
    position = clean_text(words, max_length=MAX_POSITION, field="position", multiline=False, required=True)
    turn.keep(position=position)
    return _asks_next(turn, "")


def _take_department(turn: Turn, words: str) -> str:
    """Find the department whose name is typed; offer those that come near, else all."""
    wanted = search_form(words[:_MOST_TYPED])
    rows = _departments(turn.ask)
    found = [row for row in rows if wanted in search_form(f"{row.name} {row.name_en or ''} {row.code}")]
    exact = [row for row in found if wanted in {search_form(row.name), search_form(row.name_en or "")}]
    if len(exact or found) == 1:
        return _keep_department(turn, (exact or found)[0].id)
    if wanted and found:
        return _asks_department(turn, turn.ask.words("officer_ask_which"), found)
    return _asks_department(turn, turn.ask.words("officer_ask_no_such"))


def _take_phone(turn: Turn, words: str) -> str:
    turn.keep(phone=normalise_phone(words, field="phone"), no_phone=None)
    return _asks_next(turn, "")


def _take_again(turn: Turn, _words: str) -> str:
    return _asks_next(turn, "")


_TAKES: Final = {
    NAME: _take_name,
    POSITION: _take_position,
    DEPARTMENT: _take_department,
    PHONE: _take_phone,
    CONFIRM: _take_again,
}


def _keep_department(turn: Turn, department_id: int | None) -> str:
    turn.keep(department_id=department_id)
    return _asks_next(turn, "")


# Asking -----------------------------------------------------------------------------------------------------


def _asks_next(turn: Turn, before: str) -> str:
    """Ask for the first thing that is missing; show the whole when nothing is."""
    ask = turn.ask
    if not turn.known("first_name"):
        return turn.asks(NAME, ask.words("officer_ask_name"), before=before)
    if not (turn.known("position") or turn.known("no_position")):
        return turn.asks(POSITION, ask.words("officer_ask_position"), turn.skips(), before=before)
    if not turn.known("department_id"):
        return _asks_department(turn, before)
    if not (turn.known("phone") or turn.known("no_phone")):
        return turn.asks(PHONE, ask.words("officer_ask_phone"), turn.skips(), before=before)
    return _shows_all(turn, before)


def _asks_department(turn: Turn, before: str, rows: list[Row] | None = None) -> str:
    """Show the departments as lines to tap, those of a large town on several cards."""
    ask = turn.ask
    shown = _departments(ask) if rows is None else rows
    title = ask.pick("อยู่หน่วยงานไหน", "Which department?")
    note = ask.pick("แตะหนึ่งข้อ หรือพิมพ์ชื่อ", "Tap one, or type its name")
    cards: list[JsonDict] = []
    for begin in range(0, min(len(shown), MOST_LINES * _MOST_CARDS), MOST_LINES):
        lines: list[CardLine] = [
            Line(
                row.word(ask.language),
                action=turn.press(Words(row.name, row.name_en or row.name), "in", row.id),
            )
            for row in shown[begin : begin + MOST_LINES]
        ]
        cards.append(ask.cards.card(title, lines, note=note))
    said = [text_message(before)] if before or not cards else []
    return turn.shows(DEPARTMENT, *said, *cards)


def _departments(ask: Asking) -> list[Row]:
    """Return the departments in use, each part below what it belongs to."""
    rows = [row for row in ask.tools.lookups(ask.session).departments.values() if row.is_active]
    known = {row.id for row in rows}
    ordered: list[Row] = []

    def walk(parent_id: int | None) -> None:
        for row in rows:
            is_top = row.parent_id not in known
            if (parent_id is None and is_top) or (row.parent_id == parent_id and not is_top):
                ordered.append(row)
                walk(row.id)

    walk(None)
    return ordered


def _shows_all(turn: Turn, before: str) -> str:
    ask = turn.ask
    said: dict[str, Any] = turn.draft.said
    department = ask.tools.lookups(ask.session).departments.get(said["department_id"])
    name = f"{said.get('title') or ''}{said['first_name']} {said['last_name']}"
    rows = (
        (ask.pick("ชื่อ", "Name"), name),
        (ask.pick("ตำแหน่ง", "Position"), said.get("position", "")),
        (ask.pick("หน่วยงาน", "Department"), department.word(ask.language) if department else ""),
        (ask.pick("โทร", "Phone"), readable_phone(said["phone"]) if said.get("phone") else ""),
    )
    lines: list[CardLine] = [Fact(label, text) for label, text in rows if text]
    lines.append(ask.words("officer_ask_notice"))
    card = ask.cards.card(
        ask.pick("ตรวจแล้วส่งให้ศูนย์", "Look it over, then send"),
        lines,
        [turn.sends(Words("ส่งคำขอ", "Send"))],
        alt=ask.pick("ตรวจคำขอก่อนส่ง", "Look over your request"),
    )
    shown = [text_message(before)] if before else []
    changes = (
        turn.press(Words("แก้ชื่อ", "Change name"), "name"),
        turn.press(Words("แก้ตำแหน่ง", "Change position"), "position"),
        turn.press(Words("แก้หน่วยงาน", "Change department"), "department"),
        turn.press(Words("แก้เบอร์โทร", "Change phone"), "phone"),
    )
    return turn.shows(CONFIRM, *shown, card, *changes)


# Buttons ----------------------------------------------------------------------------------------------------


def _pressed_in(turn: Turn, value: int | None) -> str:
    row = turn.ask.tools.lookups(turn.ask.session).departments.get(value or 0)
    if row is None or not row.is_active:
        return _asks_department(turn, turn.ask.words("officer_ask_no_such"))
    return _keep_department(turn, row.id)


def _pressed_name(turn: Turn, _value: int | None) -> str:
    return turn.asks(NAME, turn.ask.words("officer_ask_name"))


def _pressed_position(turn: Turn, _value: int | None) -> str:
    return turn.asks(POSITION, turn.ask.words("officer_ask_position"), turn.skips())


def _pressed_department(turn: Turn, _value: int | None) -> str:
    return _asks_department(turn, "")


def _pressed_phone(turn: Turn, _value: int | None) -> str:
    return turn.asks(PHONE, turn.ask.words("officer_ask_phone"), turn.skips())


def _sends(turn: Turn) -> str:
    return talks.carry_out(turn, lambda: _ask_centre(turn))


def _ask_centre(turn: Turn) -> str:
    ask, said = turn.ask, turn.draft.said
    if ask.account is None:
        raise RuntimeError("a request needs an account")
    wish = OfficerWish(
        title=said.get("title"),
        first_name=said["first_name"],
        last_name=said.get("last_name"),
        position=said.get("position"),
        department_id=said.get("department_id"),
        phone=said.get("phone"),
    )
    ask_for_officer(ask.session, ask.account, wish)
    chat_drafts.finish(ask.session, turn.draft)
    return talks.done(
        turn, "officer_asked", [text_message(ask.words("officer_asked"))], *ask.menu_actions("guide")
    )


def _skips(turn: Turn) -> str:
    asked = turn.draft.asked
    if asked == POSITION:
        turn.keep(no_position=True, position=None)
    elif asked == PHONE:
        turn.keep(no_phone=True, phone=None)
    elif asked != CONFIRM:
        return _asks_next(turn, turn.ask.words("cannot_skip"))
    return _asks_next(turn, "")


talks.register_talk(
    ChatDraftKind.OFFICER_REQUEST,
    Talk(
        name=Words("ลงทะเบียนที่ค้างไว้", "My registration"),
        hears=_hears,
        asks_again=_asks_next,
        presses={
            "in": _pressed_in,
            "name": _pressed_name,
            "position": _pressed_position,
            "department": _pressed_department,
            "phone": _pressed_phone,
        },
        sends=_sends,
        skips=_skips,
    ),
)
