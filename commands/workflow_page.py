"""``manage.py workflow-page``: write docs/workflow.md from the table of transitions; a test compares them."""

from __future__ import annotations

from pathlib import Path

import click

from domain.labels import word
from domain.workflow import TRANSITIONS, Transition

PAGE = Path(__file__).parent.parent / "docs" / "workflow.md"


def workflow_page() -> str:
    """Return the page: a picture of the states and the table of actions."""
    lines = [
        "# สถานะและการกระทำ · States and actions",
        "",
        "Made by `manage.py workflow-page` from `domain/workflow.py`; do not edit.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        *_picture(),
        "```",
        "",
        "| การกระทำ | action | from | to | who | needs | told |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_line(row) for row in TRANSITIONS),
        "",
    ]
    return "\n".join(lines)


def _picture() -> list[str]:
    arrows = []
    for row in TRANSITIONS:
        for source in sorted(row.sources) or ["[*]"]:
            target = row.target or (source if row.sources else None)
            if target is not None:
                arrows.append(f"  {source} --> {target}: {row.action}")
    return arrows


def _line(row: Transition) -> str:
    who = [row.permission.value] if row.permission else []
    who += ["complainant"] if row.by_member else []
    who += ["system"] if row.by_system else []
    who += ["responsible officer only"] if row.only_assignee else []
    told = ", ".join(f"{telling.audience}: {telling.template_key}" for telling in row.tells)
    cells = (
        word(row.action),
        row.action.value,
        ", ".join(sorted(row.sources)) or "–",
        row.target or ("same" if row.sources else "as mapped"),
        ", ".join(who),
        ", ".join(sorted(row.requires)) or "–",
        told or "–",
    )
    return f"| {' | '.join(cells)} |"


@click.command("workflow-page")
def workflow_page_command() -> None:
    """เขียน docs/workflow.md จากตารางการเปลี่ยนสถานะ."""
    PAGE.write_text(workflow_page(), encoding="utf-8")
    click.echo(f"  ✓ {PAGE}")
