"""The shelf of a case: issued papers with who, when and whether they hold, and what may be issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.actor import Actor
from domain.paper_issuing import CORRECTIONS, ISSUED, can_issue, may_open
from models import Complaint, ComplaintEvent, Document, DocumentKind

SHORT_HASH: Final = 12


@dataclass(frozen=True, slots=True)
class ShelfPaper:
    """A paper as the card shows it.

    Attributes:
        document: The row.
        is_outdated: The newest of its kind, and the case was corrected after it was issued.
    """

    document: Document
    is_outdated: bool

    @property
    def short_hash(self) -> str:
        """Return the beginning of the hash, enough to tell two copies apart."""
        return self.document.sha256[:SHORT_HASH]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the card of papers shows."""

    papers: list[ShelfPaper]
    issuable: list[DocumentKind]


def shelf_of(
    actor: Actor, complaint: Complaint, papers: Sequence[Document], events: Sequence[ComplaintEvent]
) -> Shelf:
    """Sort the papers of a case for its card; reads nothing more.

    Args:
        actor: Who looks: papers that name whom he may not see are left out.
        complaint: The case.
        papers: All of them, newest first.
        events: Of the case.
    """
    corrected = max((event.id for event in events if event.kind in CORRECTIONS), default=0)
    seen: set[DocumentKind] = set()
    rows = []
    for paper in papers:
        is_newest = paper.kind not in seen
        seen.add(paper.kind)
        if may_open(actor, complaint, paper.kind):
            is_old = paper.kind in ISSUED and (paper.through_event_id or 0) < corrected
            rows.append(ShelfPaper(paper, is_newest and is_old))
    return Shelf(rows, [kind for kind in ISSUED if can_issue(actor, complaint, kind)])
