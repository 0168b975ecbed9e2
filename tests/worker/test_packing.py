"""What goes together counts once: packs as pure arithmetic."""

from __future__ import annotations

from typing import Any

from domain.clock import now
from models import OutboxChannel
from worker.letters import Letter
from worker.packing import Pack, pack, pack_alone

CITIZEN, STAFF = OutboxChannel.LINE_CITIZEN, OutboxChannel.LINE_STAFF


def letter(row_id: int, to: str = "malee", case: int | None = None, **more: Any) -> Letter:
    values: dict[str, Any] = {
        "row_id": row_id,
        "channel": CITIZEN,
        "recipient": to,
        "reply_token": None,
        "retry_key": str(row_id),
        "attempts": 0,
        "first_attempt_at": None,
        "expires_at": None,
        "was_tried": False,
        "written_at": now(),
        "body": [{"type": "text", "text": str(row_id)}],
        "is_new": True,
        "complaint_id": case,
    }
    return Letter(**{**values, **more})


def routine(row_id: int, to: str = "malee", case: int | None = None, **more: Any) -> Letter:
    return letter(row_id, to, case, is_routine=True, **more)


def status(row_id: int, case: int, **more: Any) -> Letter:
    return routine(row_id, case=case, is_status=True, **more)


def said(one: Pack) -> list[str]:
    """Return what a request says when everybody came aboard."""
    whole = one.letter(rider.row_id for rider in one.riders)
    return [message["text"] for message in whole.body or ()]


def ids(letters: list[Letter]) -> list[int]:
    return [one.row_id for one in letters]


def test_a_routine_message_goes_with_an_essential_one_to_the_same_person():
    packed = pack([letter(1), routine(2)])

    [one] = packed.packs
    assert said(one) == ["1", "2"]
    assert one.letter([2]).company == (2,)
    assert one.letter([2]).retry_key == "1"


def test_messages_to_different_people_or_channels_never_meet():
    packed = pack([letter(1), routine(2, to="somsri"), routine(3, channel=STAFF)])

    assert [said(one) for one in packed.packs] == [["1"]]
    assert ids(packed.alone) == [2, 3]


def test_what_waits_unclaimed_goes_along_and_is_said_in_the_order_it_was_written():
    [one] = pack([letter(5, case=7)], [routine(3, case=7), routine(9, case=7)]).packs

    assert said(one) == ["3", "5", "9"]


def test_a_rider_another_worker_has_taken_meanwhile_is_not_in_the_body():
    [one] = pack([letter(5)], [routine(3), routine(9)]).packs

    assert [message["text"] for message in one.letter([9]).body or ()] == ["5", "9"]


def test_an_answer_takes_along_what_waits_and_costs_nothing():
    [one] = pack([letter(5, reply_token="token")], [routine(3, case=7)]).packs

    assert said(one) == ["3", "5"]
    assert one.letter([3]).reply_token == "token"


def test_a_push_is_preferred_to_an_answer_whose_fate_may_be_uncertain():
    packs = pack([letter(5, reply_token="token"), letter(6)], [routine(3)]).packs

    assert [ids(one.riders) for one in packs] == [[], [3]]


def test_nothing_goes_with_a_letter_that_must_say_again_what_it_said():
    tried, stored = letter(1, attempts=1), letter(2, is_new=False)

    packed = pack([tried, stored, routine(3)])

    assert [ids(one.riders) for one in packed.packs] == [[], []]
    assert ids(packed.alone) == [3]


def test_e_mail_is_never_put_together():
    packed = pack([letter(1, channel=OutboxChannel.EMAIL), routine(2, channel=OutboxChannel.EMAIL)])

    assert len(packed.packs) == 2
    assert packed.alone == []


def test_of_two_cards_on_one_complaint_only_the_newer_is_sent():
    [one] = pack([letter(9)], [status(2, case=7), status(3, case=7), status(4, case=8)]).packs

    assert said(one) == ["3", "4", "9"]
    assert ids(one.superseded) == [2]


def test_an_essential_card_replaces_the_routine_ones_before_it_but_not_the_one_after_it():
    host = letter(5, case=7, is_status=True)
    [one] = pack([host], [status(4, case=7), status(6, case=7)]).packs

    assert said(one) == ["5", "6"]
    assert ids(one.superseded) == [4]


def test_no_more_than_five_messages_go_at_once_and_the_oldest_go_first():
    waiting = [routine(row_id, case=row_id) for row_id in range(10, 17)]
    [one] = pack([letter(1)], waiting).packs

    assert said(one) == ["1", "10", "11", "12", "13"]


def test_whom_there_is_no_room_for_is_left_for_next_time_and_not_sent_beside():
    claimed = [letter(1), *(routine(row_id, case=row_id) for row_id in range(10, 17))]
    packed = pack(claimed)

    assert ids(packed.left) == [14, 15, 16]
    assert packed.alone == []


def test_what_must_not_come_late_boards_first_or_is_dropped():
    host = letter(20, case=7)
    others = [routine(row_id, case=1) for row_id in range(1, 4)]
    earlier = [routine(row_id, case=7) for row_id in range(10, 16)]
    [one] = pack([host], [*others, *earlier]).packs

    assert said(one) == ["10", "11", "12", "13", "20"]
    assert ids(one.superseded) == [14, 15]


def test_routine_messages_alone_go_in_one_request_with_the_oldest_claimed_as_host():
    packed = pack_alone([routine(4), routine(2), routine(3, to="somsri")], [routine(1), routine(9)])

    assert [said(one) for one in packed.packs] == [["1", "2", "4", "9"], ["3"]]
    assert packed.packs[0].host.row_id == 2


def test_a_message_of_several_parts_needs_as_many_places():
    big = routine(2, body=[{"type": "text", "text": part} for part in "abcd"])
    [one] = pack([letter(1)], [big, routine(3)]).packs

    assert said(one) == ["1", "a", "b", "c", "d"]
