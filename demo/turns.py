"""What can happen to a case on its way, besides going straight on: each turn acts and yields its rests."""

from __future__ import annotations

from datetime import timedelta

from demo.crew import AT_DESK
from demo.stories import (
    FORWARD_REASONS,
    HAND_BACK_REASONS,
    MORE_TIME_REASONS,
    NOTES,
    PLAN_NOTES,
    QUESTIONS,
    REFERRALS,
    WITHDRAW_REASONS,
)
from demo.tales import LIFE
from demo.town import Case, Life, Town
from domain.clock import fiscal_year_of, now
from domain.complaints import (
    add_evidence,
    answer,
    ask_citizen,
    ask_more_time,
    direct,
    edit,
    extend,
    follow,
    forward,
    hand_back,
    note,
    put_on_plan,
    reassign,
    refer_out,
    refuse_more_time,
    remove_attachment,
    return_from_referral,
    take_off_plan,
    undo,
    unfollow,
    withdraw,
)
from domain.moves import last_event
from domain.registration import Entry
from domain.workflow import Action
from models import ComplaintStatus, PlanReason, Urgency

A_WEEK = timedelta(days=7)
QUESTIONS_AND_ANSWERS = [(one.question, one.answer) for one in QUESTIONS] + [
    (one["question"], one["answer"]) for one in LIFE["more_questions"]
]
WITHDRAWN_BY_CITIZEN = WITHDRAW_REASONS
ALL_NOTES = (*NOTES, *LIFE["more_notes"])
PLAN_DAYS = {PlanReason.MATERIAL: (6, 30), PlanReason.EQUIPMENT: (8, 45), PlanReason.BUDGET: (90, 330)}
PLAN_WEIGHTS = (35, 25, 40)


def is_mine(town: Town, case: Case, username: str = AT_DESK) -> bool:
    """Tell whether a case is with an officer."""
    return case.row.assignee_id == town.crew.user(username).id


def give_order(town: Town, case: Case, words: str = "") -> None:
    """Let whoever takes cases on choose an officer other than the last one."""
    row = case.row
    officer = town.crew.officer_for(case.subcategory, lately=town.is_late(), but=row.assignee_id)
    giver = town.crew.intake_of(row.department_id)
    direct(
        town.session,
        giver,
        row.id,
        subcategory_id=case.subcategory.id,
        assignee_id=officer.id,
        note=words,
    )


def ask(town: Town, case: Case) -> Life:
    """Ask the citizen; most answer, some never do, and the duty clock closes the case."""
    row, chance = case.row, town.chance
    asker = town.crew.intake_of(row.department_id)
    question, said = chance.choice(QUESTIONS_AND_ANSWERS)
    ask_citizen(town.session, asker, row.id, question=question)
    if town.odds(0.3, "lapse"):
        while row.status is ComplaintStatus.AWAITING_CITIZEN:  # Until the duty clock ends it.
            yield A_WEEK
        return
    yield town.until_awake(chance.uniform(1, 90))
    said = said.replace("{k}", case.telling.blanks["k"])
    answer(town.session, town.crew.citizen(row.member_id), row.id, text=said)


def wait_for_plan(town: Town, case: Case, reason: PlanReason | None = None) -> Life:
    """Put a case on the plan, in the budget year it may be paid in, and take it off when there is money."""
    row, chance = case.row, town.chance
    reason = reason or chance.choices(list(PLAN_DAYS), weights=PLAN_WEIGHTS)[0]
    words = chance.choice(PLAN_NOTES[reason.value])
    if reason is PlanReason.BUDGET:
        plan = str(LIFE["budget_plan"]).format(year=fiscal_year_of(now()) + 1)
        words = f"{words} · {plan}"
    put_on_plan(town.session, town.crew.intake_of(row.department_id), row.id, plan_reason=reason, note=words)
    days = chance.uniform(*PLAN_DAYS[reason])
    if town.odds(0.15, "reassign"):
        yield town.until_work(24 * days / 3)
        other = town.crew.officer_for(case.subcategory, lately=True, but=row.assignee_id)
        why = town.says("reassign_reasons")
        if row.assignee_id not in {None, other.id}:
            reassign(town.session, town.crew.central(), row.id, assignee_id=other.id, reason=why)
    yield town.until_work(24 * days)
    take_off_plan(town.session, town.crew.intake_of(row.department_id), row.id, note=town.says("off_plan"))


def send_outside(town: Town, case: Case) -> Life:
    """Refer a case to a body outside; two in three come back, the others end there."""
    row, chance = case.row, town.chance
    told = chance.choice(REFERRALS)
    giver = town.crew.intake_of(row.department_id)
    refer_out(town.session, giver, row.id, referred_to=told.body, reason=told.reason)
    yield town.until_work(24 * chance.uniform(6, 50))
    if town.odds(0.65):
        return_from_referral(town.session, giver, row.id, note=town.says("returned"))


def want_time(town: Town, case: Case) -> Life:
    """Let the officer ask for more time and the head answer."""
    row, chance = case.row, town.chance
    if row.due_at is None:
        return
    days = chance.choice([3, 5, 7, 10, 15])
    why = chance.choice(MORE_TIME_REASONS)
    ask_more_time(town.session, town.crew.staff(row.assignee_id), row.id, days=days, reason=why)
    yield town.until_work(chance.uniform(0.5, 20))
    head = town.crew.head_of(row.department_id)
    if not town.odds(0.2, "refuse"):
        extend(town.session, head, row.id, days=days, reason=town.says("extend_reasons"))
    else:
        refuse_more_time(town.session, head, row.id, reason=town.says("refuse_reasons"))


def give_back(town: Town, case: Case) -> Life:
    """Let the officer hand the order back, and somebody else get it."""
    row = case.row
    reason = town.chance.choice(HAND_BACK_REASONS)
    hand_back(town.session, town.crew.staff(row.assignee_id), row.id, reason=reason)
    yield town.until_work(town.chance.uniform(0.5, 9))
    give_order(town, case)
    yield town.until_work(town.chance.uniform(0.5, 9))


def bring_more(town: Town, case: Case) -> Life:
    """Let the citizen add what he has seen since."""
    row = case.row
    yield town.until_awake(town.chance.uniform(2, 30))
    citizen = town.crew.citizen(row.member_id)
    add_evidence(town.session, citizen, row.id, photo_token="", text=town.says("evidence"))


def write_note(town: Town, case: Case) -> Life:
    """Let officer or intake write something down for colleagues; one in ten takes it back at once."""
    row = case.row
    mine = row.assignee_id is not None and town.odds(0.6)
    writer = town.crew.staff(row.assignee_id) if mine else town.crew.intake_of(row.department_id)
    note(town.session, writer, row.id, note=town.chance.choice(ALL_NOTES))
    yield town.until_work(town.chance.uniform(0.2, 5))


def slip(town: Town, case: Case) -> Life:
    """Put a case on the plan by mistake and take that back within the second."""
    row, actor = case.row, town.crew.central()
    words = town.chance.choice(PLAN_NOTES["material"])
    put_on_plan(town.session, actor, row.id, plan_reason=PlanReason.MATERIAL, note=words)
    yield timedelta(seconds=1)
    done = last_event(town.session, row, Action.PUT_ON_PLAN)
    if done is not None:
        undo(town.session, actor, row.id, event_id=done.id)
    yield timedelta(minutes=1)


def mend_entry(town: Town, case: Case) -> Life:
    """Let the centre correct place or urgency after it has talked to the citizen."""
    row = case.row
    place = f"{row.place_text or ''} {town.says('place_additions')}".strip()
    hurries = row.urgency is Urgency.NORMAL and town.odds(0.25)
    entry = Entry(
        form_token="",
        story=row.story,
        channel_id=row.channel_id,
        category_id=row.category_id,
        subcategory_id=row.subcategory_id,
        zone_id=row.zone_id,
        community_id=row.community_id,
        road_name=row.road.name if row.road else "",
        place_text=place,
        latitude=row.latitude,
        longitude=row.longitude,
        callback_phone=row.callback_phone,
        kind=row.kind,
        urgency=Urgency.URGENT if hurries else row.urgency,
        disclosure=row.disclosure,
    )
    why = town.says("edit_reasons")
    edit(town.session, town.crew.central(), row.id, entry=entry, version=row.version, reason=why)
    yield town.until_work(town.chance.uniform(0.2, 4))


def take_photo_out(town: Town, case: Case) -> Life:
    """Take a photo out that shows too much."""
    row = case.row
    photo = row.attachments[0] if row.attachments else None
    if photo is not None:
        why = town.says("remove_reasons")
        remove_attachment(town.session, town.crew.central(), row.id, attachment_id=photo.id, reason=why)
    yield town.until_work(0.3)


def gather_followers(town: Town, case: Case) -> Life:
    """Let neighbours follow the case; one changes his mind."""
    row = case.row
    neighbours = sorted({town.crew.somebody() for _ in range(town.chance.randint(1, 4))})
    for index in neighbours:
        member = town.crew.member(index)
        if member.id != row.member_id and member.id not in {one.member_id for one in row.followers}:
            follow(town.session, town.crew.citizen(member.id), row.id)
            town.session.flush()
            town.session.expire(row, ["followers"])
            yield town.until_awake(town.chance.uniform(0.5, 6))
    if town.odds(0.3, "unfollow"):
        unfollow(town.session, town.crew.citizen(town.crew.member(neighbours[-1]).id), row.id)
        town.session.expire(row, ["followers"])
    yield town.until_work(0.5)


def leave(town: Town, case: Case) -> None:
    """Let the citizen withdraw: himself, or by a call to the counter."""
    row = case.row
    if row.member is not None and not row.member.is_shared and case.telling.by_citizen:
        words = town.chance.choice(WITHDRAWN_BY_CITIZEN)
        withdraw(town.session, town.crew.citizen(row.member_id), row.id, note=words)
        return
    withdraw(
        town.session,
        town.crew.intake_of(row.department_id),
        row.id,
        channel_id=town.channels["phone"].id,
        note=town.says("withdraw_notes"),
    )


def send_on(town: Town, case: Case, department_id: int) -> None:
    """Let the centre forward a case to another department."""
    why = town.chance.choice(FORWARD_REASONS)
    forward(town.session, town.crew.central(), case.row.id, department_id=department_id, reason=why)


def is_open(case: Case) -> bool:
    """Tell whether an officer works on it now, so that a turn may begin."""
    return case.row.status in {ComplaintStatus.ACKNOWLEDGED, ComplaintStatus.IN_PROGRESS}
