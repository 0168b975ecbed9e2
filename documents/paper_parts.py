"""The parts of papers made by us: photos, results, boxes to sign in. HTML of our own, every text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
BOXES_A_ROW: Final = 3


@dataclass(frozen=True, slots=True)
class Signature:
    """A box somebody signs: its title, what stands in it, who and when."""

    title: str
    text: str = ""
    name: str = ""
    position: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class PaperPhoto:
    """A photo on paper; ``key`` is where its version for paper lies in the store.

    ``wide`` says that its place is filled from side to side, not from top to bottom. ``said`` is what
    somebody wrote below it: his digits stay.
    """

    key: str
    caption: str
    wide: bool = False
    is_missing: bool = False
    said: str = ""


@dataclass(frozen=True, slots=True)
class PaperResult:
    """What was done, for a paper."""

    round: str
    day: str
    outcome: str
    paragraphs: list[str]
    by: str


def paragraphs(texts: Sequence[str]) -> str:
    """Return paragraphs of the official indent."""
    return str(_parts().paragraphs(texts))


def photos(shown: Sequence[PaperPhoto]) -> str:
    """Return photos with captions, two a row; "" without any."""
    return str(_parts().photos(shown)) if shown else ""


def results(recorded: Sequence[PaperResult]) -> str:
    """Return every recorded result with its heading."""
    return str(_parts().results(recorded))


def boxes(signatures: Sequence[Signature]) -> str:
    """Return boxes to sign in, at most three a row, as equal as they come; "" without any."""
    if not signatures:
        return ""
    a_row = len(signatures) if len(signatures) <= BOXES_A_ROW else 2
    return str(_parts().boxes(signatures, a_row))


def attachments(names: Sequence[str]) -> str:
    """Return a numbered list of files, a line each."""
    return str(_parts().attachments(names))


def lines(texts: Sequence[str]) -> str:
    """Return texts on lines of their own."""
    return str(_parts().lines(texts))


def picture(key: str, style: str) -> str:
    """Return a picture given with the paper by this key."""
    return str(_parts().picture(key, style))


def cancelled(reason: str) -> str:
    """Return the large word that makes a paper void, with its reason."""
    return str(_parts().cancelled(reason))


def page(**values: Any) -> str:
    """Return the sheet a paper is printed on; see ``templates/print/paper_page.html``."""
    return _environment().get_template("print/paper_page.html").render(values)


def skipped(**values: Any) -> str:
    """Return the page that says what a batch left out; see ``templates/print/batch_skipped.html``."""
    return _environment().get_template("print/batch_skipped.html").render(values)


@lru_cache(maxsize=1)
def _parts() -> Any:
    return _environment().get_template("print/paper_parts.html").module


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
