"""What lies on the desks when the demo begins: something to do for each account, and each open state.

These cases begin on the last working days before today, so that the first pages are full whatever day it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from demo.crew import AT_DESK
from demo.lives import finish, give_stars
from demo.stories import MORE_TIME_REASONS, NOTES, QUESTIONS, REFERRALS
from demo.town import Case, Life, Town
from demo.turns import send_on, wait_for_plan
from domain.actor import Actor
from domain.clock import now, to_bangkok
from domain.complaints import acknowledge, ask_citizen, ask_more_time, note, refer_out, start
from domain.registration import register, submit
from models import AttachmentStage, PlanReason

Step = Callable[[Town, Case, Actor], object]


class Plan(NamedTuple):
    """A case of the desk: when it begins, of what subtype, and how it lives."""

    moment: datetime
    code: str
    by_citizen: bool
    live: Callable[[Town, Case], Life]


def desk(town: Town) -> Iterator[Plan]:
    """Yield the cases of all desks, the most wanted ones first."""
    yield from _officer(town)
    yield from _unsorted(town)
    yield from _departments(town)
    yield from _waiting(town)
    yield from _own(town)


def _officer(town: Town) -> Iterator[Plan]:
    """His orders: new, begun, too late, asked more time for, and one that is due today."""
    yield Plan(town.office_day(1, 15.2), "ช.(1)", False, _order())
    yield Plan(town.office_day(9, 9.4), "ท.(1)", False, _order((2, _seen), (26, _begin), (70, _write)))
    yield Plan(town.office_day(6, 10.1), "ช.(2)", False, _order((3, _seen), (22, _begin), (90, _plead)))
    yield Plan(town.office_day(3, 13.6), "ท.(2)", False, _order((1, _seen), (20, _begin)))
    due = due_today(town)
    if due is not None:
        yield Plan(due[0], due[1], False, _order((0.3, _seen)))
    yield Plan(town.office_day(4, 9.8), "ช.(3)", False, _order((2, _seen), (20, _begin), (44, _done)))


def due_today(town: Town) -> tuple[datetime, str] | None:
    """Return when a case begins that is due today, and its subtype; None in the midst of long holidays."""
    today = to_bangkok(town.until).date()
    if town.calendar.is_working_day(today):
        return town.office_day(3, 10.5), "ฟ.(1)"  # Three working days.
    by_day: dict[date, str] = {today - timedelta(days=1): "ช.(4)", today - timedelta(days=2): "ท.(3)"}
    last = town.office_day(1, 15.6)
    code = by_day.get(last.date())
    return (last, code) if code else None  # 24 and 48 hours.


def _unsorted(town: Town) -> Iterator[Plan]:
    """Nobody has looked at these: the centre's morning."""
    for hours, code in (
        (26, "อส.(3)"),
        (20, "ช.(1)"),
        (15, "สพ.(1)"),
        (9, "ฟ.(1)"),
        (5, "ท.(3)"),
        (2, "อส.(2)"),
    ):
        moment = town.until - timedelta(hours=hours, minutes=town.chance.randint(1, 50))
        yield Plan(moment, code, True, _only_handed_in)


def _departments(town: Town) -> Iterator[Plan]:
    """Forwarded to a department's clerk, or taken on and without an officer."""
    for code, hour in (("ช.(1)", 9.2), ("สส.(1)", 10.4), ("อส.(6)", 9.6), ("สพ.(2)", 11.1), ("ค.(2)", 9.9)):
        yield Plan(town.office_day(2, hour + 4.5), code, True, _forwarded)
    for code, hour in (("ฟ.(3)", 13.4), ("ท.(1)", 14.3), ("อส.(3)", 13.8), ("ค.(1)", 14.6)):
        yield Plan(town.office_day(1, hour), code, False, _without_officer)


def _waiting(town: Town) -> Iterator[Plan]:
    """One of each state in which a case waits, and one just finished."""
    yield Plan(town.office_day(3, 9.1), "สส.(3)", False, _of_craft((4, _seen), (20, _ask)))
    yield Plan(town.office_day(8, 9.3), "ท.(4)", False, _of_craft((4, _seen), (30, _on_plan)))
    yield Plan(town.office_day(7, 9.5), "ฟ.(3)", False, _of_craft((4, _seen), (24, _send_out)))
    yield Plan(town.office_day(5, 14.2), "ฟ.(1)", False, _of_craft((2, _seen), (24, _plead)))
    yield Plan(town.office_day(4, 9.7), "สส.(1)", False, _of_craft((3, _seen), (40, _done)))
    yield Plan(town.office_day(2, 9.4), "ฟ.(4)", False, _of_craft((1, _seen), (3, _begin)))


def _own(town: Town) -> Iterator[Plan]:
    """What the clerks keep for themselves: their first pages list what they are responsible for."""
    for username, code, later in (
        ("central", "รท.(1)", "รท.(2)"),
        ("clerk", "อค.(1)", "ช.(5)"),
        ("health", "อส.(8)", "สพ.(2)"),
        ("finance", "ค.(2)", "ค.(1)"),
    ):
        yield Plan(town.office_day(3, 10.9), code, False, _for(username, (2, _seen)))
        yield Plan(town.office_day(1, 13.2), later, False, _for(username))


# How they live ----------------------------------------------------------------------------------------------


def _order(*steps: tuple[float, Step]) -> Callable[[Town, Case], Life]:
    return _for(AT_DESK, *steps)


def _for(username: str, *steps: tuple[float, Step]) -> Callable[[Town, Case], Life]:
    return lambda town, case: _written_down(town, case, username, steps)


def _of_craft(*steps: tuple[float, Step]) -> Callable[[Town, Case], Life]:
    return lambda town, case: _written_down(town, case, "", steps)


def _written_down(town: Town, case: Case, username: str, steps: tuple[tuple[float, Step], ...]) -> Life:
    """Let the clerk write it down for an officer, who then takes his steps after so many hours each."""
    officer = town.crew.user(username) if username else town.crew.officer_for(case.subcategory, lately=True)
    clerk = town.crew.intake_of(case.subcategory.category.department_id)
    if town.has_picture(case):
        town.hold(clerk, case.token, case, AttachmentStage.BEFORE)
    entry = replace(town.entry(case), assignee_id=officer.id)
    case.complaint = register(town.session, clerk, town.vault, entry)
    begun = now()
    for hours, step in steps:
        rest = town.until_work(max(0.1, hours - (now() - begun).total_seconds() / 3600))
        yield rest
        step(town, case, town.crew.staff(officer.id, via="line"))


def _only_handed_in(town: Town, case: Case) -> Life:
    entry = town.entry(case)
    citizen = town.crew.citizen(entry.member_id)
    if town.odds(0.5):
        town.hold(citizen, case.token, case, AttachmentStage.BEFORE)
    case.complaint = submit(town.session, citizen, town.vault, entry)
    yield from ()


def _forwarded(town: Town, case: Case) -> Life:
    yield from _only_handed_in(town, case)
    yield town.until_work(0.6)
    send_on(town, case, case.subcategory.category.department_id)


def _without_officer(town: Town, case: Case) -> Life:
    clerk = town.crew.intake_of(case.subcategory.category.department_id)
    case.complaint = register(town.session, clerk, town.vault, town.entry(case))
    yield from ()


def _seen(town: Town, case: Case, officer: Actor) -> object:
    return acknowledge(town.session, officer, case.row.id)


def _begin(town: Town, case: Case, officer: Actor) -> object:
    return start(town.session, officer, case.row.id)


def _write(town: Town, case: Case, officer: Actor) -> object:
    return note(town.session, officer, case.row.id, note=town.chance.choice(NOTES))


def _plead(town: Town, case: Case, officer: Actor) -> object:
    why = town.chance.choice(MORE_TIME_REASONS)
    return ask_more_time(town.session, officer, case.row.id, days=5, reason=why)


def _ask(town: Town, case: Case, officer: Actor) -> object:
    return ask_citizen(town.session, officer, case.row.id, question=QUESTIONS[0].question)


def _send_out(town: Town, case: Case, _officer: Actor) -> object:
    told = REFERRALS[2]
    intake = town.crew.intake_of(case.row.department_id)
    return refer_out(town.session, intake, case.row.id, referred_to=told.body, reason=told.reason)


def _on_plan(town: Town, case: Case, _officer: Actor) -> object:
    return next(wait_for_plan(town, case, PlanReason.BUDGET))


def _done(town: Town, case: Case, _officer: Actor) -> object:
    is_fixed = finish(town, case)
    if case.person is not None and town.odds(0.5):
        give_stars(town, case, is_fixed=is_fixed)
    return is_fixed
