"""A citizen's own cases in the chat: a card for each, with what he may do now.

Who presses is looked up anew each time; a case of somebody else and one that does not exist get the same
answer. Followers see how it goes and may do nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select

from domain import complaints
from domain.actor import Actor
from domain.clock import bangkok_date
from domain.errors import DomainError, NotFound, Words
from domain.labels import citizen_word, word
from domain.line_identity import Whose, is_his, is_own, latest_cases
from domain.lookups import Lookups
from domain.self_registration import is_registered
from domain.settings import read_setting
from domain.thai_calendar import thai_date
from domain.tracking import holders_acts, may_still_rate
from line_hooks import flex
from line_hooks.asking import Asking
from line_hooks.chat_cards import card_message, text_message, with_quick_replies
from line_hooks.incoming import reply
from line_hooks.limits import JsonDict
from line_hooks.postback import Postback, encode
from models import Complaint, EventKind, Rating, StatusKind

MOST_CASES: Final = 5
OWN_CASE: Final = "line_identity.open_case"
TRACK: Final = "citizen.track"

OPENS: Final[dict[str, Words]] = {
    EventKind.ANSWER.value: Words("ตอบคำถาม", "Answer"),
    EventKind.ADD_EVIDENCE.value: Words("เพิ่มภาพหรือข้อมูล", "Add photos or words"),
    EventKind.REOPEN.value: Words("ยังไม่เรียบร้อย", "Not solved"),
    EventKind.WITHDRAW.value: Words("ถอนเรื่อง", "Withdraw"),
}
"""By name of the act: the button that asks for its words. Order is what is wanted most."""

COMMENT: Final = "comment"
_SCORES: Final = range(1, 6)


def whose(ask: Asking) -> Whose | None:
    """Return who asks, as far as cases go; None for who has no account with us."""
    if ask.account is None:
        return None
    return Whose(ask.account.id, ask.member.id if ask.member else None)


def cases_of_asker(ask: Asking) -> Sequence[Complaint]:
    """Return the asker's latest cases."""
    mine = whose(ask)
    return latest_cases(ask.session, mine, MOST_CASES) if mine else ()


def case_of(ask: Asking, public_code: str) -> Complaint:
    """Return a case of the asker's by its code.

    Raises:
        NotFound: it is not his, or there is none.
    """
    mine = whose(ask)
    wanted = select(Complaint).where(Complaint.public_code == public_code)
    found = ask.session.scalars(wanted.where(is_his(mine))).one_or_none() if mine else None
    if found is None:
        raise NotFound("complaint_not_found")
    return found


def actor_on(ask: Asking, complaint: Complaint) -> Actor:
    """Return the actor for a citizen's act on a case from the chat.

    Raises:
        NotFound: he is not its complainant.
    """
    mine = whose(ask)
    if mine is None or not is_own(complaint, mine):
        raise NotFound("complaint_not_found")
    if ask.member is not None and complaint.member_id is not None:
        return Actor.member(ask.member.id, ask.member.full_name, via="line")
    name = ask.account.display_name if ask.account else None
    return Actor.holder(complaint.id, name or "LINE", via="line")


# Cards ------------------------------------------------------------------------------------------------------


def show_cases(ask: Asking, cases: Sequence[Complaint]) -> str:
    """Answer with a card for each case, side by side."""
    lookups = ask.tools.lookups(ask.session)
    bubbles = [_bubble(ask, case, lookups) for case in cases]
    contents = bubbles[0] if len(bubbles) == 1 else {"type": "carousel", "contents": bubbles}
    alt = ask.pick(f"เรื่องของท่าน {len(cases)} เรื่อง", f"Your cases: {len(cases)}")
    return ask.show("follow", card_message(alt, contents), "report", "contact")


def show_case(ask: Asking, press: Postback) -> str:
    """Show one case as it is now."""
    try:
        case = case_of(ask, press.public_code)
    except DomainError as refusal:
        return refused(ask, refusal)
    return show_cases(ask, [case])


def _bubble(ask: Asking, case: Complaint, lookups: Lookups) -> JsonDict:
    strip = flex.header(case.status.value, citizen_word(case.status, ask.language), str(case))
    buttons = [flex.button(action, primary=place == 0) for place, action in enumerate(_acts(ask, case))]
    body = [flex.text(subject(ask, case, lookups), units=120, weight="bold"), *_facts(ask, case)]
    return flex.bubble(strip, [*body, *_scores(ask, case)], buttons, None)


def subject(ask: Asking, case: Complaint, lookups: Lookups) -> str:
    """Return what a case is about, without a query of its own."""
    row = lookups.subcategories.get(case.subcategory_id or 0) or lookups.categories.get(case.category_id or 0)
    return row.word(ask.language) if row else word(case.kind, ask.language)


def _facts(ask: Asking, case: Complaint) -> list[JsonDict]:
    is_open = case.status.kind is StatusKind.OPEN
    rows = (
        (ask.pick("ที่ไหน", "Where"), case.place_text or ""),
        (ask.pick("แจ้งเมื่อ", "Reported"), _day(ask, case.received_at)),
        (ask.pick("จะเสร็จภายใน", "Promised by"), _day(ask, case.due_at) if is_open else ""),
    )
    return [row for label, said in rows for row in flex.labelled(label, said, units=120)]


def _day(ask: Asking, moment: datetime | None) -> str:
    return thai_date(bangkok_date(moment), lang=ask.language) if moment else ""


def _acts(ask: Asking, case: Complaint) -> list[JsonDict]:
    """Return the buttons of a case: what its complainant may do, then its page."""
    mine = whose(ask)
    acts = holders_acts(ask.session, case) if mine and is_own(case, mine) else []
    wanted = [name for name in OPENS if name in acts]
    pressed = [_opens(ask, case, name) for name in wanted]
    page = ask.cards.opens(ask.pick("ดูรายละเอียด", "Details"), _page(ask, case))
    return [*pressed[:1], *page, *pressed[1:]]


def _opens(ask: Asking, case: Complaint, name: str) -> JsonDict:
    data = encode(name, case.public_code, ask.tools.button_key, state_seq=case.state_seq)
    return flex.postback_action(ask.pick(*OPENS[name]), data)


def _page(ask: Asking, case: Complaint) -> str:
    # From LINE the case opens without its password; where that door is missing, with it.
    doors = (ask.tools.link(endpoint, code=case.public_code) for endpoint in (OWN_CASE, TRACK))
    return next(filter(None, doors), "")


def _scores(ask: Asking, case: Complaint) -> list[JsonDict]:
    """Return the scores of a finished case; nothing where it may not be rated any more."""
    mine = whose(ask)
    if case.status.kind is not StatusKind.DONE or mine is None or not is_own(case, mine):
        return []
    rating = latest_rating(ask, case)
    if not case.results or not may_still_rate(ask.session, rating):
        return []
    choices = [
        (score, f"{score}/5", encode("rate", case.public_code, ask.tools.button_key, value=score))
        for score in _SCORES
    ]
    ends = (ask.pick("ควรปรับปรุง", "Poor"), ask.pick("ดีมาก", "Very good"))
    given = ask.pick(f"ท่านให้ {rating.stars} คะแนน", f"You gave {rating.stars}") if rating else ""
    question = given or ask.pick("พอใจผลแค่ไหน", "How satisfied are you?")
    return [flex.separator(), flex.text(question, weight="bold"), flex.rating_row(choices, ends)]


def latest_rating(ask: Asking, case: Complaint) -> Rating | None:
    """Return the rating of a case's latest result."""
    if not case.results:
        return None
    wanted = select(Rating).where(Rating.result_id == case.results[-1].id)
    return ask.session.scalars(wanted).one_or_none()


# Acts -------------------------------------------------------------------------------------------------------


def rate(ask: Asking, press: Postback) -> str:
    """Rate a result for the citizen who pressed; a comment already written stays."""
    if press.value is None:
        return ask.say("unknown_button")
    try:
        case = case_of(ask, press.public_code)
        actor = actor_on(ask, case)
        kept = latest_rating(ask, case)
        with ask.session.begin_nested():
            comment = (kept.comment or "") if kept else ""
            complaints.rate(ask.session, actor, case.id, stars=press.value, comment=comment)
    except DomainError as refusal:
        return refused(ask, refusal)
    days = read_setting(ask.session, "rating_change_days")
    said = ask.words("rated", number=str(case), stars=press.value, days=days)
    return _thanks(ask, case, said)


def _thanks(ask: Asking, case: Complaint, said: str) -> str:
    comment = flex.postback_action(
        ask.pick("เขียนความเห็น", "Add a comment"),
        encode(COMMENT, case.public_code, ask.tools.button_key, state_seq=case.state_seq),
    )
    again = [_opens(ask, case, name) for name in holders_acts(ask.session, case) if name == EventKind.REOPEN]
    message = with_quick_replies(text_message(said), [comment, *again])
    reply(ask.session, ask.event, [message], language=ask.language)
    return "rate"


def is_known(ask: Asking) -> bool:
    """Tell whether somebody has registered; who still waits for the centre looks the same (ADR 25)."""
    return ask.account is not None and is_registered(ask.session, ask.account)


def refused(ask: Asking, refusal: DomainError) -> str:
    """Say a refusal and return its code; who is nobody to us yet is told how to become somebody."""
    if isinstance(refusal, NotFound) and not is_known(ask):
        ask.say("citizen_not_linked", "follow", "report")
        return refusal.code
    message = with_quick_replies(
        text_message(refusal.message_in(ask.language)), ask.menu_actions("follow", "report")
    )
    reply(ask.session, ask.event, [message], language=ask.language)
    return refusal.code
