"""The life of a complaint in the demo town, from the first word to its end or to the moment the demo begins.

Each life is a generator that acts by the verbs of real complaints and yields how long it rests. The shares
are invented, and such that every state and every action of workflow.md is found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from demo.evidence import hurried, is_assessed, may_wait
from demo.stories import COMMENTS, DIRECTIVES, REJECTIONS, REOPEN_REASONS, RESULTS_BY_OUTCOME
from demo.tales import LIFE
from demo.town import Case, Life, Town
from demo.turns import (
    ask,
    bring_more,
    gather_followers,
    give_back,
    give_order,
    is_mine,
    is_open,
    leave,
    mend_entry,
    send_on,
    send_outside,
    slip,
    take_photo_out,
    wait_for_plan,
    want_time,
    write_note,
)
from domain.actor import Actor
from domain.clock import bangkok_date, now
from domain.complaints import (
    accept,
    acknowledge,
    correct_result,
    merge,
    rate,
    record_result,
    reject,
    reopen,
    start,
    unmerge,
)
from domain.registration import register, submit
from models import AttachmentStage, ComplaintStatus, Outcome, StatusKind

S = ComplaintStatus
OTHER_OUTCOMES = [code for code in RESULTS_BY_OUTCOME if code != Outcome.NO_ANSWER.value]
REFUSALS = [(one.reason, one.responsible) for one in REJECTIONS] + [
    (one["reason"], one["responsible"]) for one in LIFE["more_rejections"]
]
SAID: dict[int, list[str]] = {
    stars: [*said, *LIFE["more_comments"][str(stars)]] for stars, said in COMMENTS.items()
}
SPEEDS = (0.15, 0.25, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.5)  # Of the promised time.
SLOW = 3.2  # What is late lately is late still.
BUSY = (1, 1, 3, 9)  # How much longer an order lies lately.
MOST_DAYS = 100.0
STARS_WHEN_FIXED = (2, 3, 12, 36, 47)
STARS_ELSE = (18, 22, 34, 18, 8)
# What may happen while somebody works on it, and how often; several of them may happen to one case.
TURNS: tuple[tuple[Callable[[Town, Case], Life], float], ...] = (
    (give_back, 0.035),
    (write_note, 0.17),
    (bring_more, 0.05),
    (mend_entry, 0.05),
    (gather_followers, 0.03),
    (take_photo_out, 0.015),
    (slip, 0.012),
    (ask, 0.08),
    (want_time, 0.09),
    (wait_for_plan, 0.065),
    (send_outside, 0.045),
)
FOR_CITIZENS = frozenset({ask, bring_more})
FAR = frozenset({wait_for_plan, send_outside})
LONG = FAR | {ask}
LIKELIER = 2.2


def live(town: Town, case: Case) -> Life:
    """Live the whole way, with the turns chance brings."""
    yield from begin(town, case)
    if case.row.status.kind is not StatusKind.OPEN:
        return
    if case.row.assignee_id is None:
        yield town.until_work(town.chance.uniform(0.3, 8))
        words = town.chance.choice(DIRECTIVES) if town.odds(0.5) else ""
        give_order(town, case, words)
    yield from work(town, case)


def begin(town: Town, case: Case) -> Life:
    """Hand it in or write it down, and bring it to whoever takes it on."""
    if case.telling.by_citizen:
        yield from hand_in(town, case)
        return
    clerk = town.crew.intake_of(case.subcategory.category.department_id)
    if town.has_picture(case) and town.odds(0.5):
        town.hold(clerk, case.token, case, AttachmentStage.BEFORE)
    lately = town.is_late()
    officer = town.crew.officer_for(case.subcategory, lately=lately) if town.odds(0.92) else None
    entry = replace(town.entry(case), assignee_id=officer.id if officer else None)
    case.complaint = register(town.session, clerk, town.vault, entry)
    yield town.until_work(town.chance.uniform(0.3, 12))


def hand_in(town: Town, case: Case) -> Life:
    """Let the citizen hand it in; the centre sorts it: takes it, declines it, sends it on, joins it."""
    entry = town.entry(case)
    citizen = town.crew.citizen(entry.member_id)
    if town.has_picture(case) and town.odds(0.4):
        town.hold(citizen, case.token, case, AttachmentStage.BEFORE)
    case.complaint = submit(town.session, citizen, town.vault, entry)
    if town.odds(0.02):
        yield town.until_awake(town.chance.uniform(0.5, 20))
        leave(town, case)
        return
    yield town.until_work(town.chance.uniform(0.3, 14))
    if case.first is not None:
        yield from join(town, case, case.first)
        if case.row.status is not S.SUBMITTED:
            return
    if case.first is None and town.odds(0.06):
        yield from decline(town, case)
        if case.row.status is not S.SUBMITTED:
            return
    yield from take_on(town, case)


def join(town: Town, case: Case, first: Case) -> Life:
    """Join a duplicate with the original once that is there; one in twelve was another trouble after all."""
    while first.complaint is None:
        yield town.until_work(4)
    if first.row.status.kind in {StatusKind.REJECTED, StatusKind.WITHDRAWN, StatusKind.MERGED}:
        return
    merge(town.session, town.crew.central(), case.row.id, original_id=first.row.id)
    town.session.expire(first.row, ["followers"])
    if town.odds(1 / 12, "unmerge"):
        yield town.until_work(town.chance.uniform(2, 30))
        why = town.says("unmerge_reasons")
        unmerge(town.session, town.crew.central(), case.row.id, reason=why)
        yield town.until_work(1)


def decline(town: Town, case: Case) -> Life:
    """Decline it and say who is in charge; some come back with better reasons."""
    reason, responsible = town.chance.choice(REFUSALS)
    text = f"{reason}\nหน่วยงานที่รับผิดชอบ: {responsible}"
    reject(town.session, town.crew.central(), case.row.id, reason=text)
    if town.odds(0.1, "think again"):
        yield town.until_work(town.chance.uniform(10, 90))
        reopen(town.session, town.crew.central(), case.row.id, reason=town.says("reject_reopen"))
        yield town.until_work(town.chance.uniform(1, 8))


def take_on(town: Town, case: Case) -> Life:
    """Accept it: by the centre, or by the department it was forwarded to, sometimes after a wrong turn."""
    category = case.subcategory.category
    home = category.department_id
    taker = town.crew.central()
    if town.odds(0.04):
        wrong = town.chance.choice([one for one in town.categories.values() if one.department_id != home])
        accept(town.session, taker, case.row.id, category_id=wrong.id)
        yield town.until_work(town.chance.uniform(1, 16))
        send_on(town, case, home)
        yield town.until_work(town.chance.uniform(0.5, 6))
        return
    if town.crew.has_intake(home) and town.odds(0.2):
        send_on(town, case, home)
        yield town.until_work(town.chance.uniform(0.5, 10))
        taker = town.crew.intake_of(home)
    accept(town.session, taker, case.row.id, category_id=category.id)
    yield town.until_work(town.chance.uniform(0.2, 6))


def work(town: Town, case: Case) -> Life:
    """Let the officer see to it, with the turns on the way, and finish it."""
    row, session, chance = case.row, town.session, town.chance
    if town.odds(0.012):
        leave(town, case)
        return
    late = town.is_late() and not is_assessed(town, case)
    yield town.until_work(chance.uniform(0.2, 10) * (chance.choice(BUSY) if late else 1))
    if late or town.odds(0.6):  # The others press no button before it is done.
        acknowledge(session, town.crew.staff(row.assignee_id, via="line"), row.id)
    if late or town.odds(0.2):
        yield town.until_work(chance.uniform(2, 30) * (chance.choice(BUSY) if late else 1))
        start(session, town.crew.staff(row.assignee_id, via="line"), row.id)
    yield from take_turns(town, case)
    if row.status.kind is StatusKind.DONE or row.status.kind is StatusKind.WITHDRAWN:
        return
    yield town.until_work(24 * hurried(town, case, days_needed(town, case)))
    is_fixed = finish(town, case)
    yield from afterwards(town, case, is_fixed=is_fixed)


def take_turns(town: Town, case: Case) -> Life:
    """Let happen what chance brings; lately the long waits are likelier, so that some wait today."""
    taken = 0
    for turn, share in TURNS:
        if not is_open(case):
            return
        if not _fits(town, case, turn):
            continue
        likely = share * (LIKELIER if town.is_late() and turn in LONG else 1)
        if not town.odds(likely, "" if taken else turn.__name__):
            continue
        taken += 1
        yield from turn(town, case)
        yield town.until_work(0.2)
        if case.row.status is S.DIRECTED and town.is_late():
            acknowledge(town.session, town.crew.staff(case.row.assignee_id, via="line"), case.row.id)


def _fits(town: Town, case: Case, turn: Callable[[Town, Case], Life]) -> bool:
    if turn in FOR_CITIZENS and (case.person is None or not case.telling.by_citizen):
        return False
    if turn is take_photo_out and not case.row.attachments:
        return False
    if turn in LONG and not may_wait(town, case):
        return False
    return not (turn in FAR and is_mine(town, case))


def days_needed(town: Town, case: Case) -> float:
    """Return how many days the work takes, measured by what was promised; a few are late."""
    row = case.row
    if row.due_at is None or row.received_at is None:
        return town.chance.uniform(1, 6)
    promised = (row.due_at - row.received_at) / timedelta(days=1)
    speed = town.chance.choice(SPEEDS)
    if town.is_late() and town.odds(0.18):
        speed = SLOW
    gone = (now() - row.received_at) / timedelta(days=1)
    return min(max(0.05, promised * speed - gone), MOST_DAYS)


def finish(town: Town, case: Case) -> bool:
    """Record the result, with pictures where the subtype wants them, and tell whether it is mended."""
    row = case.row
    outcome, text = Outcome.FIXED, case.telling.result
    if row.status is S.REFERRED_OUT:
        outcome, text = Outcome.DONE_BY_OTHERS, town.says("referred_results")
    elif town.odds(0.13):
        code = town.chance.choice(OTHER_OUTCOMES)
        outcome, text = Outcome(code), town.teller.other_result(code)
    if row.reopen_count:
        text = town.teller.result(case.telling.code, case.telling.story)
    actor = town.crew.staff(row.assignee_id) if row.assignee_id else town.crew.intake_of(row.department_id)
    record(town, case, actor, outcome, text)
    return outcome is Outcome.FIXED


def record(town: Town, case: Case, actor: Actor, outcome: Outcome, text: str) -> None:
    """Write a result down, as its officer does."""
    row = case.row
    token = f"{case.token}-{row.reopen_count}"
    needs_photo = row.subcategory is not None and row.subcategory.needs_photo
    if needs_photo or (town.has_picture(case) and town.odds(0.3)):
        town.hold(actor, token, case, AttachmentStage.AFTER)
    record_result(
        town.session,
        actor,
        row.id,
        done_date=bangkok_date(now()),
        result_text=text,
        outcome=outcome,
        photo_token=token,
    )


def afterwards(town: Town, case: Case, *, is_fixed: bool) -> Life:
    """Let the citizen rate it, and some come back once more; the duty clock closes the others."""
    row = case.row
    if town.odds(0.02, "correct"):
        yield town.until_work(town.chance.uniform(1, 20))
        result = row.results[-1]
        correct_result(
            town.session,
            town.crew.intake_of(row.department_id),
            row.id,
            result_text=f"{result.result_text} {town.says('corrected')}",
            reason=town.says("corrections"),
        )
    if town.odds(0.48) and case.person is not None:
        yield town.until_awake(town.chance.uniform(1, 90))
        give_stars(town, case, is_fixed=is_fixed)
    if row.reopen_count == 0 and town.odds(0.04 if is_fixed else 0.14):
        yield from once_more(town, case)


def give_stars(town: Town, case: Case, *, is_fixed: bool) -> None:
    """Let the citizen rate it; two in three write something."""
    weights = STARS_WHEN_FIXED if is_fixed else STARS_ELSE
    stars = town.chance.choices((1, 2, 3, 4, 5), weights=weights)[0]
    comment = town.chance.choice(SAID[stars]) if town.odds(0.62) else ""
    rate(town.session, town.crew.citizen(case.row.member_id), case.row.id, stars=stars, comment=comment)


def once_more(town: Town, case: Case) -> Life:
    """Open it again, by the citizen or by whoever checked, and finish it a second time."""
    row = case.row
    by_citizen = case.person is not None and town.odds(0.7)
    if by_citizen:
        yield town.until_awake(town.chance.uniform(5, 150))
        why = town.chance.choice(REOPEN_REASONS)
        reopen(town.session, town.crew.citizen(row.member_id), row.id, reason=why)
    else:
        yield town.until_work(town.chance.uniform(5, 150))
        intake = town.crew.intake_of(row.department_id)
        reopen(town.session, intake, row.id, reason=town.says("staff_reopen"))
    yield town.until_work(24 * town.chance.uniform(1, 8))
    yield from afterwards(town, case, is_fixed=finish(town, case))
