"""The officer at the other end of the chat, with his rights of now, and what answers to him draw from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.actor import Actor
from domain.clock import fiscal_year_of, now, today
from domain.errors import NotPermitted
from domain.lookups import Lookups
from domain.staff_actor import actor_of_staff
from domain.thai_calendar import thai_date
from line_hooks.asking import Asking
from line_hooks.chat_cards import Line
from line_hooks.limits import JsonDict
from line_hooks.officers import sees, subject
from line_hooks.words import unbroken
from models import Complaint

CASE_LIST: Final = "complaint.index_view"
CASE: Final = "complaint_case.case"


@dataclass(frozen=True, slots=True)
class Desk:
    """The officer who asks, and what the answer draws from.

    Attributes:
        ask: The question.
        actor: The officer, with his rights of now.
        lookups: The small tables.
    """

    ask: Asking
    actor: Actor
    lookups: Lookups

    @property
    def year(self) -> int:
        """Return the fiscal year of today."""
        return fiscal_year_of(today())

    def case_list(self, **arguments: str) -> str:
        """Return the address of the officers' list, narrowed."""
        return self.ask.tools.link(CASE_LIST, **arguments)

    def counted(self, label: str, count: int, **arguments: str) -> Line:
        """Return a line with a figure that opens its list."""
        return Line(f"{label}: {count:,}", self.case_list(**arguments))

    def opens_list(self, **arguments: str) -> list[dict[str, Any]]:
        """Return the button that opens a list."""
        return self.ask.cards.opens(self.ask.pick("เปิดรายการ", "Open the list"), self.case_list(**arguments))

    def case_lines(
        self, cases: Sequence[Complaint], opens: Callable[[Complaint], JsonDict] | None = None
    ) -> list[Line | str]:
        """Return a line for each case: number, kind, promised day; nothing of a citizen's own words.

        A tap shows the case in the chat, or does what ``opens`` makes of it.
        """
        found: list[Line | str] = []
        for case in cases:
            due = unbroken(thai_date(case.due_at, lang=self.ask.language)) if case.due_at else ""
            said = " · ".join(filter(None, (subject(self.ask, case), due)))
            action = opens(case) if opens else sees(self.ask, case.public_code, str(case))
            is_late = case.due_at is not None and case.due_at < now()
            found.append(Line(str(case), below=said, is_late=is_late, action=action))
        return found


def desk_of(ask: Asking) -> Desk | None:
    """Return the desk of the officer who asks; None for who is no active officer."""
    if ask.account is None or ask.account.staff_user_id is None:
        return None
    lookups = ask.tools.lookups(ask.session)
    try:
        actor = actor_of_staff(ask.session, ask.account.staff_user_id, "line", lookups=lookups)
    except NotPermitted:
        return None
    return Desk(ask, actor, lookups)
