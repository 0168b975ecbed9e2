"""Workers killed without warning at every dangerous moment: nothing is lost, doubled or out of order.

Real processes and real SIGKILLs on both databases. The fake LINE keeps a journal of what it accepted; it
takes a retry key once, as LINE does. Instead of waiting for leases to run out, the test lets time pass in the
database.
"""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from helpers.line import Town, new_message, town_with_line
from helpers.nursery import KILLED, Nursery
from helpers.worker_nursery import worker_nursery
from sqlalchemy import func, select, update

from domain.clock import now
from extensions import db, write_transaction
from line_sim.state import read_journal
from models import DeliveryState, MessagePriority, OutboxMessage, WebhookReceipt

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

POINTS = [
    "worker_claimed",
    "worker_before_send",
    "worker_after_send",
    "worker_before_finish",
    "before_commit",
]
OPEN = (DeliveryState.READY, DeliveryState.LEASED)
MOST_RUNS = 25


@pytest.fixture(scope="module")
def workers() -> Iterator[Nursery]:
    with worker_nursery() as made:
        yield made


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def town(app: Flask, journal: Path, workers: Nursery) -> Iterator[Town]:
    """A town whose periodic work is done for the day, so that only messages and events pass the points."""
    with town_with_line(app, journal) as made:
        made.drain(periodic=True)
        yield made
        workers.kill_all()


def environment(town: Town, tmp_path: Path, **more: str) -> dict[str, str]:
    return {
        "APP_MODE": "test",
        "APP_DATA": str(tmp_path),
        "DATABASE_URL": town.app.extensions["settings"].database_url,
        "LINE_API_URL": town.url,
        "LINE_CITIZEN_TOKEN": "citizen-token",
        "LINE_CITIZEN_SECRETS": "citizen-secret",
        "FAULT": "",
        **more,
    }


def time_passes() -> None:
    """Let every lease run out and every wait of a message or an event be over."""
    past = now() - timedelta(seconds=1)
    with write_transaction() as session:
        for kind in (OutboxMessage, WebhookReceipt):
            for state, column in (
                (DeliveryState.READY, "not_before"),
                (DeliveryState.LEASED, "leased_until"),
            ):
                # Rows a living worker is just writing are passed over, as its own claim would.
                rows = select(kind.id).where(kind.state == state).with_for_update(skip_locked=True)
                session.execute(update(kind).where(kind.id.in_(rows)).values({column: past}))


class Letters:
    """Writes numbered messages to a few people, and knows what should have arrived."""

    def __init__(self, town: Town, people: int) -> None:
        self._people = [town.friend(f"citizen{number}") for number in range(people)]
        self.expected: dict[str, list[str]] = defaultdict(list)
        self.keys: set[str] = set()

    def write(self, each: int, priorities: Sequence[MessagePriority] = (MessagePriority.ESSENTIAL,)) -> None:
        an_hour_ago = now() - timedelta(hours=1)  # Whatever could be undone is.
        with write_transaction() as session:
            for number in range(each):
                for person in self._people:
                    text = f"{len(self.expected[person]) + 1}"
                    priority = priorities[number % len(priorities)]
                    message = new_message(person, text, priority=priority, created_at=an_hour_ago)
                    session.add(message)
                    self.expected[person].append(text)
                    self.keys.add(message.retry_key)


def assert_each_arrived_once_in_order(journal: Path, letters: Letters) -> None:
    sent = [record["sending"] for record in read_journal(journal) if "sending" in record]
    pushes = [sending for sending in sent if sending["via"] == "push"]
    arrived: dict[str, list[str]] = defaultdict(list)
    for sending in pushes:
        arrived[sending["to"]] += [message["text"] for message in sending["messages"]]
    assert arrived == letters.expected
    assert len(pushes) == len(letters.keys)
    assert {sending["retry_key"] for sending in pushes} == letters.keys


def still_open() -> int:
    db.session.rollback()
    return db.session.scalar(
        select(func.count()).select_from(OutboxMessage).where(OutboxMessage.state.in_(OPEN))
    )


def hail(workers: Nursery, forever: dict[str, str], *, count: int, kills: int) -> None:
    """Let workers work, and kill one of them every quarter of a second; another takes its place."""
    dice = random.Random(2569)  # noqa: S311 - repeatable, not secret
    alive = [workers.start(forever) for _ in range(count)]
    for _ in range(kills):
        time.sleep(0.25)
        victim = dice.randrange(len(alive))
        workers.kill(alive[victim])
        alive[victim] = workers.start(forever)
        time_passes()


def wait_until_all_is_done() -> None:
    deadline = time.monotonic() + 60
    while still_open() and time.monotonic() < deadline:
        time_passes()
        time.sleep(0.3)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_every_pass_of_a_point_loses_and_doubles_nothing(
    town: Town, workers: Nursery, journal: Path, tmp_path: Path, point: str
):
    letters = Letters(town, people=2)
    stranger = town.fake.state.add_user("stranger", "stranger", ["citizen"]).user_id
    killed = 0
    for count in range(1, MOST_RUNS):
        while still_open() < 4:
            letters.write(each=1)
        if count == 1:
            town.fake.send_webhook("citizen", [town.fake.hooks.text("citizen", stranger, "สวัสดี")])
        worker = workers.start(environment(town, tmp_path, FAULT=f"{point}:{count}:kill"))
        code = workers.wait(worker)
        if code == 0:
            break
        assert code == KILLED
        killed += 1
        time_passes()

    assert killed >= 2, "the point was never passed twice in one run"
    assert still_open() == 0
    assert_each_arrived_once_in_order(journal, letters)
    answers = [s for s in town.fake.state.sendings if s.via == "reply"]
    assert len(answers) <= 1, "an answer is never repeated"
    assert town.fake.state.misuse == []
    states = set(db.session.scalars(select(WebhookReceipt.state)))
    assert states == {DeliveryState.SENT}


def test_many_workers_under_a_hail_of_kills_and_failures_deliver_everything_once(
    town: Town, workers: Nursery, journal: Path, tmp_path: Path
):
    letters = Letters(town, people=10)
    letters.write(each=6)
    for kind in ("500_after_accept", "lost_response", "500"):
        town.fake.state.fail(kind, 3)
    hail(workers, environment(town, tmp_path, FOREVER="1"), count=3, kills=8)
    wait_until_all_is_done()
    workers.kill_all()

    assert still_open() == 0
    assert_each_arrived_once_in_order(journal, letters)
    assert town.fake.state.misuse == []


def test_a_kill_every_quarter_second_through_1500_messages_loses_none_and_reorders_none(
    town: Town, workers: Nursery, journal: Path, tmp_path: Path
):
    dice = random.Random(1500)  # noqa: S311 - repeatable, not secret
    letters = Letters(town, people=60)
    letters.write(each=25)
    forever = environment(town, tmp_path, FOREVER="1")
    alive = [workers.start(forever) for _ in range(2)]
    kills = 0
    deadline = time.monotonic() + 120
    while still_open() and time.monotonic() < deadline:
        if kills % 5 == 0 and kills < 20:  # On a slow machine more would lie in wait for the last message.
            town.fake.state.fail(dice.choice(("500_after_accept", "lost_response", "500")), 3)
        time.sleep(0.25)
        victim = dice.randrange(len(alive))
        workers.kill(alive[victim])
        alive[victim] = workers.start(forever)
        kills += 1
        time_passes()
    workers.kill_all()

    assert kills >= 4
    assert still_open() == 0
    assert_each_arrived_once_in_order(journal, letters)
    assert town.fake.state.misuse == [], "a retry key came back with another body"


def test_packs_survive_a_hail_of_kills_without_losing_doubling_or_reordering_anything(
    town: Town, workers: Nursery, journal: Path, tmp_path: Path
):
    letters = Letters(town, people=8)
    letters.write(each=15, priorities=(MessagePriority.ROUTINE, MessagePriority.ESSENTIAL))
    for kind in ("500_after_accept", "lost_response", "500"):
        town.fake.state.fail(kind, 3)
    hail(workers, environment(town, tmp_path, FOREVER="1"), count=2, kills=12)
    wait_until_all_is_done()
    workers.kill_all()

    assert still_open() == 0
    sent = [record["sending"] for record in read_journal(journal) if "sending" in record]
    arrived: dict[str, list[str]] = defaultdict(list)
    for sending in sent:
        arrived[sending["to"]] += [message["text"] for message in sending["messages"]]
    assert arrived == letters.expected
    assert len(sent) < len(letters.keys), "something went together"
    assert town.fake.state.misuse == []


def test_two_workers_at_once_share_the_work_and_send_nothing_twice(
    town: Town, workers: Nursery, journal: Path, tmp_path: Path
):
    letters = Letters(town, people=12)
    letters.write(each=3)

    pair = [workers.start(environment(town, tmp_path)) for _ in range(2)]
    codes = [workers.wait(worker) for worker in pair]
    town.drain()

    assert codes == [0, 0]
    assert_each_arrived_once_in_order(journal, letters)
    assert db.session.scalar(select(func.max(OutboxMessage.attempts))) == 1
