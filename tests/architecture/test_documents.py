"""The papers say what the code does."""

from __future__ import annotations

import re

from commands.workflow_page import PAGE, workflow_page

from .test_imports import ROOT, sources


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


def test_every_named_fault_point_is_told_with_what_it_proves() -> None:
    [page] = (ROOT / "docs" / "adr").glob("0011-*.md")
    told = set(re.findall(r"`([a-z_]+)`", page.read_text(encoding="utf-8")))
    named = {
        name
        for path in sources()
        for name in re.findall(r'fault_point\("(\w+)"\)', path.read_text(encoding="utf-8"))
    }
    assert "before_file_rename" in named
    assert named <= told, named - told


def test_every_figure_of_the_metrics_is_told_to_whoever_watches() -> None:
    code = (ROOT / "metrics.py").read_text(encoding="utf-8")
    figures = set(re.findall(r'_head\("(uphee_\w+)"', code))
    papers = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert len(figures) == 4
    assert {name for name in figures if f"`{name}" not in papers} == set()
