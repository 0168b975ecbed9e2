"""Papers of many cases in one file: which there are, and how their pages come together.

A paper of each case (form, order, letter, slip) is printed one by one and merged. A sheet over many cases
(labels, envelopes, a register) writes its file itself: its room calls ``register_batch`` at import.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from documents import paper_parts
from documents.pdf import render
from domain.actor import Actor
from domain.permissions import Permission
from models import DocumentKind
from sandbox import Sandbox, SandboxFailed
from storage import FileStore

MOST_CASES: Final = 500
MERGING_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A case that was not printed, by its number, and why; told on the last page."""

    number: str
    why: str


@dataclass(frozen=True, slots=True)
class BatchTools:
    """What a sheet over many cases is written with.

    Attributes:
        filters: Names and values of what was chosen.
        tell: Takes how many cases are done.
    """

    files: FileStore
    sandbox: Sandbox
    public_url: str
    filters: Sequence[tuple[str, str]]
    tell: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A finished sheet over many cases."""

    pdf: bytes
    printed: int
    skipped: list[Skipped] = field(default_factory=list)


SheetWriter = Callable[[Session, Actor, Sequence[int], BatchTools], BatchFile]
"""Writes one file for the cases of these ids, in their order. Only reads; the ids are within the reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchKind:
    """A paper that can be printed for many cases at once.

    Attributes:
        kind: Which.
        permission: What the officer must hold for every case in it.
        needs_reason: Names or addresses leave in full: a reason is asked for and logged.
        write: For a sheet over many cases; None prints the paper of each case.
        icon: On its button.
    """

    kind: DocumentKind
    permission: Permission = Permission.DOCUMENT_ISSUE
    needs_reason: bool = False
    write: SheetWriter | None = None
    icon: str = "printer"


BATCHES: Final[dict[DocumentKind, BatchKind]] = {
    kind: BatchKind(kind=kind)
    for kind in (
        *(DocumentKind.COMPLAINT_FORM, DocumentKind.ORDER),
        *(DocumentKind.RESULT_LETTER, DocumentKind.SLIP),
    )
}
"""Every paper that can be printed for many cases."""


def register_batch(batch: BatchKind) -> None:
    """Let a paper be printed for many cases; call it at import.

    Raises:
        ValueError: the paper is there already.
    """
    if BATCHES.setdefault(batch.kind, batch) is not batch:
        raise ValueError(f"{batch.kind} can be printed for many cases already")


def merge_papers(parts: Sequence[Path], target: Path, sandbox: Sandbox) -> int:
    """Put PDFs one behind the other into a new file, in a child; return the number of pages.

    Raises:
        SandboxFailed: the child did not finish.
    """
    paths = [str(part) for part in parts]
    pages = sandbox.run(
        "documents.merging_child:merge_files", paths, str(target), wall_seconds=MERGING_SECONDS
    )
    if not isinstance(pages, int):
        raise SandboxFailed("crash", "no pages came back")
    return pages


def skipped_page(title: str, skipped: Sequence[Skipped], sandbox: Sandbox) -> bytes:
    """Return the last page of a batch: which cases were not printed, and why.

    Raises:
        SandboxFailed: the child did not finish.
    """
    return render(paper_parts.skipped(title=title, skipped=skipped), {}, (), sandbox)
