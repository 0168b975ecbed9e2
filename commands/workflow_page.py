"""``manage.py workflow-page``: write docs/workflow.md from the table of transitions; a test compares them."""

from __future__ import annotations

from pathlib import Path

import click

from domain.labels import word
from domain.workflow import ANYWHERE, TRANSITIONS, Audience, Transition

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
        "The picture shows acts that lead to one state. Those that lead “back” find it in the case's past;",
        "those that keep the state are in the table only. Followers are told what the complainant is told.",
        "",
        "| การกระทำ | action | from | to | who | needs | told |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_line(row) for row in TRANSITIONS),
        "",
    ]
    return "\n".join(lines)


def _picture() -> list[str]:
    return [
        f"  {source} --> {row.target}: {row.action}"
        for row in TRANSITIONS
        if row.target is not None
        for source in (sorted(row.sources) or ("[*]",))
    ]


def _line(row: Transition) -> str:
    who = [row.permission.value] if row.permission else []
    who += ["complainant"] if row.by_member else []
    who += ["system"] if row.by_system else []
    who += ["responsible officer only"] if row.only_assignee else []
    who += [] if who else ["its author"]
    told = ", ".join(f"{_heard_by(telling.audience)}: {telling.template_key}" for telling in row.tells)
    here = "back" if row.leads_back else "same" if row.sources else "as mapped"
    cells = (
        word(row.action),
        row.action.value,
        "any" if row.sources == ANYWHERE else ", ".join(sorted(row.sources)) or "–",
        row.target or here,
        ", ".join(who),
        ", ".join(sorted(row.requires)) or "–",
        told or "–",
    )
    return f"| {' | '.join(cells)} |"


def _heard_by(audience: Audience) -> str:
    return "complainant, followers" if audience is Audience.COMPLAINANT else audience.value


@click.command("workflow-page")
def workflow_page_command() -> None:
    """เขียน docs/workflow.md จากตารางการเปลี่ยนสถานะ."""
    PAGE.write_text(workflow_page(), encoding="utf-8")
    click.echo(f"  ✓ {PAGE}")
