"""The officer behind a LINE account, and what his buttons name; rights are looked up anew at each press."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import joinedload

from domain.actor import Actor
from domain.errors import DomainError, NotFound, NotPermitted, Words, add_message
from domain.moves import begin_move
from domain.officer_lists import case_by_code
from domain.staff_actor import actor_of_staff
from domain.workflow import Action
from line_hooks import flex
from line_hooks.asking import Asking
from line_hooks.chat_cards import text_message, with_quick_replies
from line_hooks.incoming import reply
from line_hooks.limits import JsonDict
from line_hooks.postback import Postback, encode
from models import Complaint, StaffUser

SEE: Final = "case"
GIVE: Final = "give_time"
ACTS: Final[dict[Action, tuple[str, Words]]] = {
    Action.ACKNOWLEDGE: ("acknowledge", Words("รับทราบ", "Acknowledge")),
    Action.RECORD_RESULT: ("result", Words("รายงานผล", "Record the result")),
    Action.START: ("start", Words("เริ่มดำเนินการ", "Start work")),
    Action.ASK_CITIZEN: ("ask_citizen", Words("ถามผู้ร้อง", "Ask the citizen")),
    Action.ASK_MORE_TIME: ("ask_more_time", Words("ขอขยายเวลา", "Ask for more time")),
    Action.HAND_BACK: ("hand_back", Words("ส่งคืน", "Hand back")),
    Action.EXTEND: ("extend", Words("ขยายเวลา", "Give more time")),
    Action.REFUSE_MORE_TIME: ("refuse_more_time", Words("ไม่ขยายเวลา", "Refuse more time")),
}
"""What can be done in the chat: the action on the button and its words, the most wanted first."""

ByOfficer = Callable[[Actor], str]


def officer_of(ask: Asking) -> Actor:
    """Return the officer who asks, with his rights of now.

    Raises:
        NotPermitted: the account belongs to no officer at work.
    """
    account = ask.account
    if account is None or account.staff_user_id is None:
        raise NotPermitted("not_an_officer_here")
    # Read at once with the roles; held, so that the rule finds him without asking again.
    officer = ask.session.get(StaffUser, account.staff_user_id, options=[joinedload(StaffUser.roles)])
    try:
        lookups = ask.tools.lookups(ask.session)
        known_id = officer.id if officer else account.staff_user_id
        return actor_of_staff(ask.session, known_id, "line", lookups=lookups)
    except NotPermitted:
        raise NotPermitted("not_an_officer_here") from None


def by_officer(ask: Asking, press: Postback, act: ByOfficer) -> str:
    """Let an officer's button act and answer; a refusal undoes what was begun and is the answer instead."""
    try:
        actor = officer_of(ask)
    except NotPermitted:
        return ask.say("officer_not_linked", "link", "officer_request", "administrator")
    try:
        with ask.session.begin_nested():
            return act(actor)
    except DomainError as refusal:
        return refused(ask, refusal, press.public_code)


def refused(ask: Asking, refusal: DomainError, public_code: str) -> str:
    """Say a refusal with the way to the case as it is now; return its code."""
    ways = [sees(ask, public_code), *ask.menu_actions("my_work", "record_result")]
    message = with_quick_replies(text_message(refusal.message_in(ask.language)), ways)
    reply(ask.session, ask.event, [message], language=ask.language)
    return refusal.code


def case_of(ask: Asking, actor: Actor, public_code: str) -> Complaint:
    """Return a case within the officer's reach by its code.

    Raises:
        NotFound: it lies outside it, or there is none.
    """
    found = case_by_code(ask.session, actor, public_code)
    if found is None:
        raise NotFound("complaint_not_found")
    return found


def case_for(ask: Asking, actor: Actor, public_code: str, action: Action) -> Complaint:
    """Return a case the officer may do this with now, locked until the caller commits.

    Raises:
        DomainError: what the rules say against it, as ``moves.begin_move``.
    """
    complaint_id = case_of(ask, actor, public_code).id
    return begin_move(ask.session, actor, complaint_id, action)[0]


# Buttons ----------------------------------------------------------------------------------------------------


def sees(ask: Asking, public_code: str, label: str = "") -> JsonDict:
    """Return the button that shows a case in the chat."""
    said = label or ask.pick("ดูเรื่อง", "See the case")
    return flex.postback_action(said, encode(SEE, public_code, ask.tools.button_key))


def acts_on(ask: Asking, complaint: Complaint, action: Action, label: str = "") -> JsonDict:
    """Return the button that does something with a case, as the case is now."""
    name, words = ACTS[action]
    return presses(ask, complaint, name, Words(label, label) if label else words)


def presses(ask: Asking, complaint: Complaint, name: str, label: Words) -> JsonDict:
    """Return a button on a case by the name of its action."""
    data = encode(name, complaint.public_code, ask.tools.button_key, state_seq=complaint.state_seq)
    return flex.postback_action(ask.pick(*label), data)


def subject(ask: Asking, complaint: Complaint) -> str:
    """Return what a case is about: its subtype, else its main type; empty where nobody has said."""
    lookups = ask.tools.lookups(ask.session)
    subtype = lookups.subcategories.get(complaint.subcategory_id or 0)
    row = subtype or lookups.categories.get(complaint.category_id or 0)
    return row.word(ask.language) if row else ""


add_message(
    "not_an_officer_here",
    thai="บัญชี LINE นี้ไม่ได้ผูกกับเจ้าหน้าที่ที่ใช้งานอยู่ กด ผูกบัญชี หรือแจ้งผู้ดูแลระบบ",
    english="This LINE account does not belong to an active officer; link it or ask an administrator",
)
