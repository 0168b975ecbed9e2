"""Which messages go out together: LINE counts people, not messages, so one request takes what waits.

A routine message rides with an essential one or an answer to the same person, or with another routine one.
Nothing overtakes an earlier message on the same complaint, and of two cards that show where one complaint
stands only the newer is sent. Pure: letters in, packs out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from models import OutboxChannel
from worker.letters import JsonDict, Letter

MOST_OBJECTS: Final = 5
"""Message objects LINE takes in one request."""

Address = tuple[OutboxChannel, str]


@dataclass(slots=True)
class Pack:
    """One request to be: the letter it stands for and those that ride with it.

    Attributes:
        host: Its token, retry key and fate are the pack's.
        riders: Routine letters to the same person, in any order.
        superseded: Cards a newer one in this pack replaces: they are not sent.
    """

    host: Letter
    riders: list[Letter] = field(default_factory=list)
    superseded: list[Letter] = field(default_factory=list)

    @property
    def all(self) -> list[Letter]:
        """Return everything in it, whatever becomes of it."""
        return [self.host, *self.riders, *self.superseded]

    def letter(self, aboard: Iterable[int]) -> Letter:
        """Return the host with the messages of those riders that came aboard, in the order of their rows."""
        taken = set(aboard)
        riding = [rider for rider in self.riders if rider.row_id in taken]
        if not riding:
            return self.host
        together = sorted([self.host, *riding], key=lambda one: one.row_id)
        body: list[JsonDict] = [message for one in together for message in one.body or ()]
        return replace(self.host, body=body, company=tuple(one.row_id for one in riding))


@dataclass(slots=True)
class Packed:
    """What became of a handful of claimed letters.

    Attributes:
        packs: To be sent.
        alone: Routine letters nothing else goes with.
        left: For whom there was no room: they go next time.
    """

    packs: list[Pack]
    alone: list[Letter] = field(default_factory=list)
    left: list[Letter] = field(default_factory=list)


def address_of(letter: Letter) -> Address:
    """Return to whom, by which channel."""
    return letter.channel, letter.recipient


def may_host(letter: Letter) -> bool:
    """Tell whether others may go with a letter: one tried before, under this key, must say the same again."""
    is_fresh = letter.is_new and not letter.attempts and letter.first_attempt_at is None
    return is_fresh and letter.channel is not OutboxChannel.EMAIL and not letter.facts


def may_ride(letter: Letter) -> bool:
    """Tell whether a letter may wait for others, and go with them."""
    return letter.is_routine and letter.reply_token is None and may_host(letter)


def pack(letters: Sequence[Letter], waiting: Iterable[Letter] = ()) -> Packed:
    """Put letters together; each of ``letters`` is in the answer once.

    Args:
        letters: Claimed, fit to be sent, in the order they are to go.
        waiting: Routine letters to the same people that are not claimed; they may ride, never host.
    """
    packs = {letter.row_id: Pack(letter) for letter in letters if not may_ride(letter)}
    hosts = _by_address(one.host for one in packs.values() if may_host(one.host))
    riders = _by_address([*(one for one in letters if may_ride(one)), *waiting])
    claimed = {letter.row_id for letter in letters}
    packed = Packed(list(packs.values()))
    for address, waiting_here in riders.items():
        there = [packs[host.row_id] for host in hosts.get(address, ())]
        if there:
            packed.left += _claimed(_board(there, waiting_here), claimed)
        else:
            packed.alone += _claimed(waiting_here, claimed)
    return packed


def pack_alone(letters: Sequence[Letter], waiting: Iterable[Letter]) -> Packed:
    """Put routine letters together that nothing else goes with: the oldest of each person is the host."""
    claimed = {letter.row_id for letter in letters}
    packed = Packed([])
    for one in _by_address([*letters, *waiting]).values():
        host = _claimed(one, claimed)[0]
        first = Pack(host)
        packed.left += _claimed(_board([first], [letter for letter in one if letter is not host]), claimed)
        packed.packs.append(first)
    return packed


def _claimed(letters: Iterable[Letter], claimed: set[int]) -> list[Letter]:
    return [letter for letter in letters if letter.row_id in claimed]


def _by_address(letters: Iterable[Letter]) -> dict[Address, list[Letter]]:
    found: dict[Address, list[Letter]] = defaultdict(list)
    for letter in sorted(letters, key=lambda one: one.row_id):
        found[address_of(letter)].append(letter)
    return found


def _board(packs: Sequence[Pack], riders: Sequence[Letter]) -> list[Letter]:
    """Let riders board and return those for whom there is no room."""
    for rider in riders:
        _pack_for(packs, rider).riders.append(rider)
    left: list[Letter] = []
    for one in packs:
        _drop_superseded(one)
        left += _drop_overload(one)
    return left


def _pack_for(packs: Sequence[Pack], rider: Letter) -> Pack:
    """Return the pack a rider goes with: behind what was written before it on the same complaint."""
    pushes = [one for one in packs if one.host.reply_token is None]
    before = [
        one
        for one in pushes
        if one.host.complaint_id == rider.complaint_id and one.host.row_id < rider.row_id
    ]
    return (before[-1:] or _of_the_same(pushes, rider) or pushes or list(packs))[0]


def _of_the_same(packs: Sequence[Pack], rider: Letter) -> list[Pack]:
    return [one for one in packs if one.host.complaint_id == rider.complaint_id]


def _drop_superseded(one: Pack) -> None:
    cards = [letter for letter in (one.host, *one.riders) if letter.is_status and letter.complaint_id]
    newest = {letter.complaint_id: letter.row_id for letter in sorted(cards, key=lambda card: card.row_id)}
    one.superseded = [
        letter for letter in one.riders if letter.is_status and letter.row_id < newest[letter.complaint_id]
    ]
    one.riders = [letter for letter in one.riders if letter not in one.superseded]


def _drop_overload(one: Pack) -> list[Letter]:
    """Leave out what LINE would not take in one request; what must go first has the first claim."""
    room = MOST_OBJECTS - len(one.host.body or ())
    ranked = sorted(one.riders, key=lambda letter: (not _goes_first(one.host, letter), letter.row_id))
    aboard, left = [], []
    for letter in ranked:
        size = len(letter.body or ())
        if size <= room:
            aboard.append(letter)
            room -= size
        else:
            left.append(letter)
    one.riders = aboard
    # A routine word left behind must not arrive after what came later on the same complaint.
    one.superseded += [letter for letter in left if _goes_first(one.host, letter)]
    return [letter for letter in left if not _goes_first(one.host, letter)]


def _goes_first(host: Letter, rider: Letter) -> bool:
    is_earlier = rider.complaint_id == host.complaint_id and rider.row_id < host.row_id
    return is_earlier and host.reply_token is None
