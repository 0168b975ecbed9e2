"""The evidence pack of a fiscal year (LPA/ITA): who may have it, and asking the worker to make it."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import fiscal_year_of, today
from domain.complaint_filter import FIRST_YEAR
from domain.errors import InvalidField, NotPermitted, add_message
from domain.officer_files import request_file
from domain.permissions import Permission
from models import Job, JobKind, Scope

TITLE: Final = "ชุดหลักฐานการประเมิน ปีงบประมาณ {year}"
NEEDED: Final = (Permission.REPORT_EXPORT, Permission.COMPLAINT_EXPORT, Permission.REPORT_READ)
"""The pack holds reports, figures and the register of complaints, each of the whole town."""


def may_make_pack(actor: Actor) -> bool:
    """Tell whether the actor may take all that is in the pack away, of the whole town."""
    return all(actor.scope_of(permission) is Scope.ALL for permission in NEEDED)


def request_pack(session: Session, actor: Actor, year: int) -> Job:
    """Ask the worker for the pack of a fiscal year.

    Args:
        session: Inside a write transaction; the caller commits.
        actor: Whose rights decide, now and when it is made.
        year: Buddhist; not a coming one.

    Raises:
        NotPermitted: his reports do not reach the whole town.
        InvalidField: ``evidence_year``.
    """
    if not may_make_pack(actor):
        raise NotPermitted("not_permitted")
    if not FIRST_YEAR <= year <= fiscal_year_of(today()):
        raise InvalidField("evidence_year", field="year", year=year)
    wanted = {
        "title": TITLE.format(year=year),
        "file_type": "zip",
        "year": year,
        "filters": [["ปีงบประมาณ", str(year)]],
    }
    return request_file(session, actor, JobKind.EVIDENCE_PACK, wanted)


add_message(
    "evidence_year",
    thai="ยังไม่มีข้อมูลของปีงบประมาณ {year} กรุณาเลือกปีอื่น",
    english="There is nothing of fiscal year {year} yet; choose another year",
)
