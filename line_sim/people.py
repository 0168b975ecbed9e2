"""Who has LINE, who is a friend of which account, and the groups they talk in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from line_sim.memory import Memory
from line_sim.records import FriendState, JsonDict, SimGroup, SimUser, group_id_for, user_id_for


@dataclass
class People(Memory):
    """Persons and friendships.

    Attributes:
        users: By user id, in the order they came.
        groups: By group id.
    """

    users: dict[str, SimUser] = field(default_factory=dict)
    groups: dict[str, SimGroup] = field(default_factory=dict)
    _friends: dict[tuple[str, str], FriendState] = field(default_factory=dict)
    _decided: set[tuple[str, str]] = field(default_factory=set)

    def add_user(
        self,
        seed: str,
        display_name: str,
        channels: Iterable[str] = (),
        *,
        language: str = "th",
        picture_url: str = "",
    ) -> SimUser:
        """Add a person who is a friend of these accounts; the id follows from the seed."""
        user = SimUser(user_id_for(seed), display_name, tuple(channels), language, picture_url)
        with self.lock:
            self.users[user.user_id] = user
            for channel in user.channels:
                self._friends.setdefault((channel, user.user_id), "friend")
        return user

    def introduce(self, user: SimUser, *, friend: bool = True) -> SimUser:
        """Make somebody known whom the app knows already, with the accounts of before and these.

        What the person did on the phone, as the journal tells, counts more than ``friend``.
        """
        with self.lock:
            before = self.users.get(user.user_id)
            channels = dict.fromkeys((*(before.channels if before else ()), *user.channels))
            known = replace(user, channels=tuple(channels))
            if before is not None:
                known = replace(known, language=before.language, picture_url=before.picture_url)
            self.users[user.user_id] = known
            for channel in user.channels:
                if (channel, user.user_id) not in self._decided:
                    self._friends[channel, user.user_id] = "friend" if friend else "blocked"
        return known

    def new_person(self, display_name: str, channels: Iterable[str] = (), language: str = "th") -> SimUser:
        """Add a new identity from the page of phones; it stays over a restart, and is nobody's friend yet."""
        user = SimUser(user_id_for(uuid.uuid4().hex), display_name, tuple(channels), language)
        with self.lock:
            self._keep({"person": asdict(user)})
        return user

    def change_person(self, user_id: str, **changes: str) -> SimUser:
        """Change ``display_name``, ``language`` or ``picture_url`` of somebody; it stays over a restart."""
        with self.lock:
            # Only texts are named above; the accounts change by friendship.
            user = replace(self.users[user_id], **changes)  # type: ignore[arg-type]
            self._keep({"person": asdict(user)})
            return user

    def befriend(self, channel: str, user_id: str) -> None:
        """Let the account reach this person, for the first time or again."""
        self._befriend(channel, user_id, "friend")

    def block(self, channel: str, user_id: str) -> None:
        """Let nothing of this account reach this person any more; LINE goes on answering 200."""
        self._befriend(channel, user_id, "blocked")

    def is_friend(self, channel: str, user_id: str) -> bool:
        """Tell whether messages of the account reach this person."""
        return self.friend_state(channel, user_id) == "friend"

    def friend_state(self, channel: str, user_id: str) -> FriendState:
        """Tell how the person stands to the account; ``none`` is somebody who never added it."""
        with self.lock:
            return self._friends.get((channel, user_id), "none")

    def add_group(self, seed: str, members: Iterable[str] = (), channels: Iterable[str] = ()) -> SimGroup:
        """Add a group chat; accounts in it may speak to it, and pay for each member."""
        group = SimGroup(group_id_for(seed), set(members), set(channels))
        with self.lock:
            self.groups[group.group_id] = group
        return group

    def change_group(
        self,
        group_id: str,
        *,
        members: Iterable[str] = (),
        channels: Iterable[str] = (),
        without: Iterable[str] = (),
    ) -> None:
        """Let people and accounts come into a group, and others, ``without``, go."""
        with self.lock:
            group = self.groups.setdefault(group_id, SimGroup(group_id))
            group.members = (group.members | set(members)) - set(without)
            group.channels = (group.channels | set(channels)) - set(without)

    def _befriend(self, channel: str, user_id: str, state: FriendState) -> None:
        with self.lock:
            if self._friends.get((channel, user_id)) != state:
                self._keep({"friend": {"channel": channel, "user_id": user_id, "state": state}})

    def _recall_friend(self, stored: JsonDict) -> None:
        place = stored["channel"], stored["user_id"]
        self._friends[place] = stored["state"]
        self._decided.add(place)

    def _recall_person(self, stored: JsonDict) -> None:
        user = SimUser(**{**stored, "channels": tuple(stored["channels"])})
        self.users[user.user_id] = user
