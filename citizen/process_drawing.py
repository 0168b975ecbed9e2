"""Where everything of the process drawing stands: boxes and lines of an SVG a phone shows without turning.

One column, 358 units wide as a phone of 390 pixels has room for: the way runs down on the left, and what may
happen beside a step hangs below it, a little to the right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from domain.process_flow import Branch, FlowStep

WIDTH: Final = 358
STEP_HEIGHT: Final = 92
BRANCH_HEIGHT: Final = 62
BRANCH_LEFT: Final = 34
GAP: Final = 12
BETWEEN: Final = 28
FIRST_LINE, NEXT_LINE = 28, 22


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and the height it stands at."""

    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """A box: of a step, or of a branch by its kind.

    Attributes:
        kind: ``step``, or the branch's ``waits``, ``ends`` or ``again``.
        lines: Its heading, then what it means.
    """

    kind: str
    x: int
    y: int
    height: int
    lines: tuple[Line, ...]

    @property
    def width(self) -> int:
        """Return its width, up to the right edge."""
        return WIDTH - self.x

    @property
    def middle(self) -> int:
        """Return the height a branch's line meets it at."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """The boxes from above to below, and the stretches of the way between the steps."""

    height: int
    boxes: tuple[Box, ...]
    ways: tuple[tuple[int, int], ...]


def draw_process(steps: Sequence[FlowStep], language: str) -> Drawing:
    """Lay out the steps in a language."""
    boxes: list[Box] = []
    ways: list[tuple[int, int]] = []
    y = 0
    for number, step in enumerate(steps):
        if number:
            ways.append((boxes_end(boxes, "step"), y))
        for box in _boxes_of(step, y, language):
            boxes.append(box)
            y = box.y + box.height + GAP
        y += BETWEEN - GAP
    return Drawing(y - BETWEEN, tuple(boxes), tuple(ways))


def boxes_end(boxes: Sequence[Box], kind: str) -> int:
    """Return where the last box of a kind ends."""
    last = next(box for box in reversed(boxes) if box.kind == kind)
    return last.y + last.height


def _boxes_of(step: FlowStep, y: int, language: str) -> Iterator[Box]:
    place = 1 if language == "en" else 0
    texts = [step.word[place], *(note[place] for note in step.notes)]
    yield Box("step", 0, y, STEP_HEIGHT, _lines(texts, y))
    y += STEP_HEIGHT + GAP
    for branch in step.branches:
        yield _branch_box(branch, y, place)
        y += BRANCH_HEIGHT + GAP


def _branch_box(branch: Branch, y: int, place: int) -> Box:
    texts = [branch.word[place], branch.note[place]]
    return Box(branch.kind.value, BRANCH_LEFT, y, BRANCH_HEIGHT, _lines(texts, y - 2))


def _lines(texts: Sequence[str], y: int) -> tuple[Line, ...]:
    return tuple(Line(y + FIRST_LINE + number * NEXT_LINE, text) for number, text in enumerate(texts))
