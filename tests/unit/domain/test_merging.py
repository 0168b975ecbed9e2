"""One trouble told twice: joined, parted, followed; and two clerks who join two cases with each other."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, member_of, press, register_case, told
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.complaints import follow, merge, undo, unfollow
from domain.errors import AlreadyDone, DomainError, IllegalTransition, InvalidField, NotFound, NotPermitted
from domain.members import shared_member
from extensions import db, write_transaction
from models import Complaint, ComplaintFollower, ComplaintStatus, Figure, Member, OutboxMessage

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def neighbour(session: Session, number: int) -> Member:
    return member_of(session, f"+6681000000{number}")


def case_of(app: Flask, session: Session, member: Member, **changes: Any) -> Complaint:
    return register_case(app, session, member_id=member.id, **changes)


def join(session: Session, case: Complaint, original: Complaint) -> Complaint:
    return merge(session, actor_named(session, "clerk"), case.id, original_id=original.id)


def followers(session: Session, case: Complaint) -> list[int]:
    session.flush()
    found = select(ComplaintFollower.member_id).where(ComplaintFollower.complaint_id == case.id)
    return sorted(session.scalars(found))


# merge ------------------------------------------------------------------------------------------------------


def test_a_duplicate_goes_out_of_the_figures_and_its_citizen_hears_of_the_original(
    app: Flask, session: Session
) -> None:
    first, second = neighbour(session, 1), neighbour(session, 2)
    original, case = case_of(app, session, first), case_of(app, session, second)

    join(session, case, original)
    said = told(session, case)
    press(session, "officer", original, "acknowledge")

    assert (case.status, case.figure, case.duplicate_of_id) == (S.DUPLICATE, Figure.NONE, original.id)
    assert said == {("line_citizen", "citizen_merged")}
    card = session.scalars(select(OutboxMessage).where(OutboxMessage.template_key == "citizen_merged")).one()
    assert card.facts["reason"] == original.number
    assert followers(session, original) == [second.id]
    heard = select(OutboxMessage.recipient).where(OutboxMessage.event_id == original.events[-1].id)
    accounts = {member.line_accounts[0].line_user_id for member in (first, second)}
    assert set(session.scalars(heard)) == accounts


@sqlite
def test_the_original_remembers_what_was_joined_to_it(app: Flask, session: Session) -> None:
    original, case = register_case(app, session), register_case(app, session)
    seq = original.state_seq

    join(session, case, original)

    assert original.events[-1].facts == {"joined": case.number}
    assert (original.state_seq, original.events[-1].is_public) == (seq, False)


@sqlite
def test_what_was_joined_to_a_finished_case_is_no_second_press_on_it(app: Flask, session: Session) -> None:
    original, case = bring_to(app, session, S.RESOLVED), register_case(app, session)
    join(session, case, original)

    with pytest.raises(IllegalTransition):
        join(session, original, register_case(app, session))


@sqlite
def test_earlier_duplicates_and_their_followers_move_along(app: Flask, session: Session) -> None:
    people = [neighbour(session, number) for number in range(4)]
    last, middle, early = (case_of(app, session, person) for person in people[:3])
    follow(session, actor_named(session, "clerk"), early.id, member_id=people[3].id)
    join(session, early, middle)

    join(session, middle, last)

    assert early.duplicate_of_id == middle.duplicate_of_id == last.id
    assert followers(session, last) == sorted(person.id for person in people[1:])


@sqlite
def test_the_same_citizen_does_not_follow_his_own_case(app: Flask, session: Session) -> None:
    original, case = register_case(app, session), register_case(app, session)

    join(session, case, original)

    assert followers(session, original) == []


@sqlite
def test_the_shared_member_follows_nothing(app: Flask, session: Session) -> None:
    original, case = register_case(app, session), case_of(app, session, shared_member(session))

    join(session, case, original)

    assert followers(session, original) == []


@sqlite
@pytest.mark.parametrize("state", [S.REJECTED, S.WITHDRAWN, S.DUPLICATE], ids=str)
def test_a_case_that_does_not_stand_is_no_original(
    app: Flask, session: Session, state: ComplaintStatus
) -> None:
    original, case = bring_to(app, session, state), register_case(app, session)

    with pytest.raises(InvalidField) as caught:
        join(session, case, original)

    assert (caught.value.code, case.status) == ("original_unfit", S.DIRECTED)


@sqlite
def test_a_case_is_not_joined_with_itself_nor_with_nothing(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    codes = []

    for original_id in (case.id, None):
        with pytest.raises(InvalidField) as caught:
            merge(session, actor_named(session, "clerk"), case.id, original_id=original_id)
        codes.append(caught.value.code)

    assert codes == ["original_is_this", "original_required"]


def test_an_original_of_another_department_is_joined_by_the_centre(app: Flask, session: Session) -> None:
    original, case = register_case(app, session), register_case(app, session)
    press(session, "clerk", original, "forward")

    with pytest.raises(NotFound) as caught:
        join(session, case, original)
    merge(session, actor_named(session, "central"), case.id, original_id=original.id)

    assert caught.value.code == "original_out_of_reach"
    assert case.duplicate_of_id == original.id


def test_of_two_clerks_who_join_two_cases_with_each_other_one_comes_first(
    app: Flask, session: Session
) -> None:
    pairs = [(register_case(app, session).id, register_case(app, session).id) for _round in range(3)]
    clerk = actor_named(session, "clerk")
    session.commit()
    together, answers = threading.Barrier(2), []

    def run(case_id: int, original_id: int) -> None:
        with app.app_context():
            together.wait()
            try:
                with write_transaction() as own:
                    merge(own, clerk, case_id, original_id=original_id)
                answers.append("done")
            except DomainError as error:
                answers.append(error.code)
            finally:
                db.session.remove()

    for one, other in pairs:
        rivals = [threading.Thread(target=run, args=pair) for pair in ((one, other), (other, one))]
        for rival in rivals:
            rival.start()
        for rival in rivals:
            rival.join()

    session.expire_all()
    assert sorted(answers) == ["done"] * 3 + ["original_unfit"] * 3
    for pair in pairs:
        cases = [session.get_one(Complaint, case_id) for case_id in pair]
        assert {case.status for case in cases} == {S.DIRECTED, S.DUPLICATE}


# unmerge ----------------------------------------------------------------------------------------------------


def test_a_parted_case_goes_on_where_it_stood_and_takes_its_people_along(
    app: Flask, session: Session
) -> None:
    people = [neighbour(session, number) for number in range(3)]
    original, case = case_of(app, session, people[0]), case_of(app, session, people[1])
    press(session, "officer", case, "acknowledge")
    follow(session, actor_named(session, "clerk"), case.id, member_id=people[2].id)
    join(session, case, original)

    press(session, "head", case, "unmerge")

    assert (case.status, case.duplicate_of_id, case.figure) == (S.ACKNOWLEDGED, None, Figure.PROGRESS)
    assert followers(session, original) == []
    assert followers(session, case) == [people[2].id]
    assert told(session, case) == {("line_citizen", "citizen_unmerged")}


@sqlite
def test_parting_an_early_duplicate_leaves_the_others_people(app: Flask, session: Session) -> None:
    people = [neighbour(session, number) for number in range(3)]
    last, middle, early = (case_of(app, session, person) for person in people)
    join(session, early, middle)
    join(session, middle, last)

    press(session, "clerk", early, "unmerge")

    assert followers(session, last) == [people[1].id]


def test_taking_a_merge_back_restores_children_and_followers(app: Flask, session: Session) -> None:
    people = [neighbour(session, number) for number in range(3)]
    last, middle, early = (case_of(app, session, person) for person in people)
    join(session, early, middle)
    join(session, middle, last)
    clerk = actor_named(session, "clerk")

    undo(session, clerk, middle.id, event_id=middle.events[-1].id)

    assert (middle.status, middle.duplicate_of_id) == (S.DIRECTED, None)
    assert early.duplicate_of_id == middle.id
    assert (followers(session, last), followers(session, middle)) == ([], [people[2].id])
    assert last.events[-1].undone_at is not None


def test_taking_a_parting_back_restores_the_followers(app: Flask, session: Session) -> None:
    first, second = neighbour(session, 1), neighbour(session, 2)
    original, case = case_of(app, session, first), case_of(app, session, second)
    join(session, case, original)
    press(session, "clerk", case, "unmerge")

    undo(session, actor_named(session, "clerk"), case.id, event_id=case.events[-1].id)

    assert (case.status, case.duplicate_of_id) == (S.DUPLICATE, original.id)
    assert followers(session, original) == [second.id]


@sqlite
def test_who_began_to_follow_meanwhile_is_not_written_twice(app: Flask, session: Session) -> None:
    first, second = neighbour(session, 1), neighbour(session, 2)
    original, case = case_of(app, session, first), case_of(app, session, second)
    join(session, case, original)
    press(session, "clerk", case, "unmerge")
    follow(session, Actor.member(second.id, "เพื่อนบ้าน"), original.id)

    undo(session, actor_named(session, "clerk"), case.id, event_id=case.events[-1].id)

    assert followers(session, original) == [second.id]


@sqlite
def test_a_child_parted_meanwhile_stands_by_itself(app: Flask, session: Session) -> None:
    last, middle, early = (register_case(app, session) for _count in range(3))
    join(session, early, middle)
    join(session, middle, last)
    press(session, "clerk", early, "unmerge")

    undo(session, actor_named(session, "clerk"), middle.id, event_id=middle.events[-1].id)

    assert (early.status, early.duplicate_of_id) == (S.DIRECTED, None)


# follow, unfollow -------------------------------------------------------------------------------------------


def test_a_citizen_follows_a_case_hears_of_it_and_stops(app: Flask, session: Session) -> None:
    case, member = register_case(app, session), neighbour(session, 1)
    citizen = Actor.member(member.id, member.full_name)

    follow(session, citizen, case.id)
    with pytest.raises(AlreadyDone):
        follow(session, citizen, case.id)
    press(session, "officer", case, "acknowledge")
    heard = session.scalars(
        select(OutboxMessage.recipient).where(OutboxMessage.event_id == case.events[-1].id)
    ).all()
    unfollow(session, citizen, case.id)
    unfollow(session, citizen, case.id)

    assert member.line_accounts[0].line_user_id in heard
    assert len(heard) == 2
    assert followers(session, case) == []
    assert [event.kind.value for event in case.events][-3:] == ["follow", "acknowledge", "unfollow"]


@sqlite
def test_the_counter_adds_a_follower_on_his_word_within_its_reach(app: Flask, session: Session) -> None:
    case, member = register_case(app, session), neighbour(session, 1)

    follow(session, actor_named(session, "clerk"), case.id, member_id=member.id)
    with pytest.raises(NotFound):
        follow(session, actor_named(session, "health"), case.id, member_id=member.id)
    with pytest.raises(NotPermitted):
        follow(session, actor_named(session, "head"), case.id, member_id=member.id)

    assert followers(session, case) == [member.id]


@sqlite
def test_nobody_follows_his_own_case_an_ended_one_or_as_nobody(app: Flask, session: Session) -> None:
    case, gone = register_case(app, session), bring_to(app, session, S.WITHDRAWN)
    clerk, other = actor_named(session, "clerk"), neighbour(session, 1)
    refused = [(case, case.member_id), (gone, other.id), (case, shared_member(session).id), (case, None)]
    answers = []

    for one, member_id in refused:
        with pytest.raises(DomainError) as caught:
            follow(session, clerk, one.id, member_id=member_id)
        answers.append(caught.value.code)

    assert answers == ["already_done", "complaint_not_found", "member_not_found", "member_not_found"]
