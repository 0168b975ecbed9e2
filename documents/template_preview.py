"""What a template looks like: its first page as a picture, made in one trip to a sandbox child."""

from __future__ import annotations

from typing import Final, NamedTuple

from documents.paper_page import Paper, filled_texts, sheet_of_paper
from sandbox import Sandbox, SandboxFailed

WALL_SECONDS: Final = 5.0


class Preview(NamedTuple):
    """A page as a picture, and how many pages there are."""

    png: bytes
    pages: int


def preview_of(paper: Paper, sandbox: Sandbox) -> Preview:
    """Draw the first page of a paper.

    Raises:
        Refused: the template breaks or is not allowed; see ``template_rules.refused_template``.
        SandboxFailed: the child did not finish within five seconds.
    """
    drawn = sandbox.run(
        "documents.preview_child:fill_and_draw",
        paper.template.body,
        filled_texts(paper),
        dict(paper.parts),
        sheet_of_paper(paper),
        dict(paper.images),
        wall_seconds=WALL_SECONDS,
    )
    if not (isinstance(drawn, tuple) and len(drawn) == 2):
        raise SandboxFailed("crash", "no picture came back")
    return Preview(*drawn)
