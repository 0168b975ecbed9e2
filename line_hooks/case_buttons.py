"""The buttons of case cards: acknowledging and rating, by whoever the LINE account belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import select

from domain import complaints
from domain.actor import Actor
from domain.errors import DomainError, NotPermitted
from domain.settings import read_setting
from domain.staff_actor import actor_of_staff
from line_hooks.asking import Asking
from line_hooks.chat_cards import text_message
from line_hooks.incoming import reply
from line_hooks.postback import Postback
from models import Complaint, LineChannel, Rating

Act = Callable[[Asking, Postback], str]


def acknowledge(ask: Asking, press: Postback) -> str:
    """Acknowledge an order (รับทราบ) for the officer who pressed."""
    if ask.account is None or ask.account.staff_user_id is None:
        return ask.say("officer_not_linked", "link", "administrator")
    try:
        actor = actor_of_staff(ask.session, ask.account.staff_user_id, "line")
    except NotPermitted:
        return ask.say("officer_not_linked", "link", "administrator")
    if press.state_seq is None:
        return ask.say("unknown_button")

    def act(complaint_id: int) -> str:
        done = complaints.acknowledge(ask.session, actor, complaint_id, expected_seq=press.state_seq)
        return ask.words("acknowledged", number=str(done))

    return _carry_out(ask, press, act)


def rate(ask: Asking, press: Postback) -> str:
    """Rate a result for the citizen who pressed."""
    if ask.account is None or ask.account.member is None:
        return ask.say("citizen_not_linked")
    actor = Actor.member(ask.account.member.id, ask.account.member.full_name, via="line")
    stars = press.value
    if stars is None:
        return ask.say("unknown_button")

    def act(complaint_id: int) -> str:
        kept = _comment_so_far(ask, complaint_id)
        done = complaints.rate(ask.session, actor, complaint_id, stars=stars, comment=kept)
        days = read_setting(ask.session, "rating_change_days")
        return ask.words("rated", number=str(done), stars=stars, days=days)

    return _carry_out(ask, press, act)


def _carry_out(ask: Asking, press: Postback, act: Callable[[int], str]) -> str:
    """Do what the button says and answer; a refusal undoes whatever was begun and is the answer instead."""
    found = select(Complaint.id).where(Complaint.public_code == press.public_code)
    complaint_id = ask.session.scalar(found)
    try:
        with ask.session.begin_nested():
            # An unknown complaint and one outside the scope get the same answer from the rules.
            text = act(complaint_id or 0)
    except DomainError as refusal:
        reply(ask.session, ask.event, [text_message(refusal.message_in(ask.language))])
        return refusal.code
    reply(ask.session, ask.event, [text_message(text)])
    return press.action


def _comment_so_far(ask: Asking, complaint_id: int) -> str:
    """Return the comment beside the latest rating: another score must not wipe it out."""
    rating = ask.session.scalars(
        select(Rating).where(Rating.complaint_id == complaint_id).order_by(Rating.id.desc()).limit(1)
    ).one_or_none()
    return (rating.comment or "") if rating else ""


BUTTONS: Final[dict[tuple[LineChannel, str], Act]] = {
    (LineChannel.STAFF, "acknowledge"): acknowledge,
    (LineChannel.CITIZEN, "rate"): rate,
}
"""By channel and action of the button."""
