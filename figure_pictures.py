"""The picture of some figures for the chat: what is to be drawn, and drawing it in a sandbox child."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from sandbox import Sandbox, SandboxFailed

MOST_BYTES = 1_000_000
"""LINE takes no larger picture for a preview."""
MOST_BARS = 10
WIDTH = 1040
"""In pixels; shown about 300 points wide on a phone, so letters of 48 pixels come out at 14 points."""
STRIP, LABEL_LINE, BAR, GAP, AXIS, FOOT, EMPTY = 248, 68, 46, 30, 86, 96, 320
"""Heights: of the words at the top; of a row's words, its bar, the room below it; of what else there is."""
MOST_STEPS = 4
"""Of an axis."""
WALL_SECONDS = 10.0
"""A person waits for the answer, whose reply token lives for less than a minute."""

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Bar:
    """One bar: its words, its length as a whole number, and its tone, a name of ``figures_child.TONES``."""

    label: str
    count: int
    tone: str = ""


@dataclass(frozen=True)
class FigureDrawing:
    """A whole picture.

    `town` and `period` stand below the `title`; `note` below the axis; `empty` instead of the bars where
    all of them are 0. `colour` is the town's as #RRGGBB.
    """

    title: str
    town: str
    period: str
    colour: str
    bars: tuple[Bar, ...]
    note: str
    empty: str


@dataclass(frozen=True)
class FigurePicture:
    """A finished PNG and its size in pixels."""

    data: bytes
    width: int
    height: int


class FigurePictureFailed(Exception):
    """Say that the picture could not be made; the numbers go without it."""


def draw_figures(drawing: FigureDrawing, sandbox: Sandbox) -> FigurePicture:
    """Draw figures in a child. Raises FigurePictureFailed when none comes back, or one too large for LINE."""
    try:
        made = sandbox.run("figures_child:draw", drawing, wall_seconds=WALL_SECONDS)
    except SandboxFailed as problem:
        raise FigurePictureFailed(str(problem)) from problem
    if not isinstance(made, FigurePicture) or not 0 < len(made.data) <= MOST_BYTES:
        raise FigurePictureFailed("no picture LINE would take came back")
    return made


def height_of(drawing: FigureDrawing) -> int:
    """Return how tall the picture is, in pixels, without drawing it."""
    bars = drawing.bars[:MOST_BARS]
    rows = len(bars) * (LABEL_LINE + BAR + GAP) + AXIS if any(bar.count for bar in bars) else EMPTY
    return STRIP + GAP + rows + FOOT


def ticks_for(most: int) -> list[int]:
    """Return whole numbers from zero in equal steps of 1, 2 or 5 times a power of ten, up to the longest bar.

    The last one is not less than ``most``, so no bar leaves the axis.
    """
    steps = (one * 10**power for power in count() for one in (1, 2, 5))
    step = next(step for step in steps if step * MOST_STEPS >= most)
    return [step * number for number in range(-(-max(most, 1) // step) + 1)]


def told(drawing: FigureDrawing) -> dict[str, Any]:
    """Return a drawing as plain values, to be stored with a message."""
    return asdict(drawing)


def drawing_of(stored: Mapping[str, Any]) -> FigureDrawing:
    """Return the drawing that was stored.

    Raises:
        TypeError: it was stored by another version of us.
        KeyError: likewise.
    """
    return FigureDrawing(**{**stored, "bars": tuple(Bar(**bar) for bar in stored["bars"])})


def fingerprint(drawing: FigureDrawing) -> str:
    """Return what tells one picture from another without drawing either: the wish and the way of drawing."""
    known = hashlib.sha256(_way_of_drawing())
    known.update(repr(drawing).encode())
    return known.hexdigest()


@lru_cache(maxsize=1)
def _way_of_drawing() -> bytes:
    return b"".join((_HERE / name).read_bytes() for name in ("figure_pictures.py", "figures_child.py"))
