"""The papers say what the code does."""

from __future__ import annotations

import re

from commands.workflow_page import PAGE, workflow_page

from .test_imports import ROOT


def test_the_workflow_page_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == workflow_page(), "run: python3 manage.py workflow-page"


def test_links_between_our_papers_lead_somewhere() -> None:
    papers = [ROOT / "README.md", ROOT / "README.en.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{paper.relative_to(ROOT)} → {target}"
        for paper in papers
        for target in re.findall(r"\]\(([^)#:]+)\)", paper.read_text(encoding="utf-8"))
        if not (paper.parent / target).exists()
    ]
    assert not broken, "\n".join(broken)
