"""The results on one page: whatever the names are, one page, every word readable, nothing run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helpers.cases import new_case, row_of
from helpers.papers import page_texts, squeezed
from sqlalchemy import select
from sqlalchemy.orm import Session

from documents.pdf import render_pdf
from documents.results_sheet import TONES, dot_png, page_of
from domain.actor import Actor
from domain.clock import bangkok
from domain.lookups import load_lookups
from extensions import write_transaction
from models import Category, ComplaintStatus, Outcome, Subcategory, Zone
from reports.results_paper import MOST_LETTERS, paper_of

pytestmark = [
    pytest.mark.usefixtures("frozen_noon"),
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]
LONG = "งานที่มีชื่อยาวมากเพราะรวมหลายเรื่องไว้ด้วยกันในกองเดียว"
BAD = '<b onclick="x">=1+1</b>'


def printed(session: Session, actor: Actor, year: int) -> list[str]:
    facts = paper_of(session, actor, year, load_lookups(session))
    pictures = {f"bar-{tone}": dot_png(colour) for tone, colour in TONES.items()}
    return page_texts(render_pdf(page_of(facts), pictures))


def test_the_longest_names_stay_on_one_page(session: Session, act_as: Callable[[str], Actor]) -> None:
    with write_transaction() as writing:
        for number, category in enumerate(writing.scalars(select(Category)).all()):
            category.name = f"{number} {LONG}"
        for number, subtype in enumerate(writing.scalars(select(Subcategory)).all()[:60]):
            subtype.name = f"{number} {LONG} {LONG}"
            for _ in range(5 if number < 5 else 1):
                late = new_case(
                    writing,
                    status=ComplaintStatus.CLOSED,
                    subcategory=subtype.code,
                    received_at=bangkok(2026, 10, 5, 9),
                    outcome=Outcome.FIXED,
                )
                late.due_at, late.finished_at = bangkok(2026, 10, 6, 9), bangkok(2026, 10, 9, 9)
        row_of(writing, Zone, "1").name = BAD
    [page] = printed(session, act_as("central"), 2570)
    assert squeezed(BAD) in page
    assert squeezed(f"0 {LONG}")[: MOST_LETTERS // 2] in page
    assert "หน้า1/1" in page


def test_a_year_without_cases_is_a_page_of_dashes(session: Session, act_as: Callable[[str], Actor]) -> None:
    [page] = printed(session, act_as("central"), 2550)
    assert "เรื่องทั้งหมด(เรื่อง)0" in page
    assert "คะแนนเฉลี่ย–" in page
