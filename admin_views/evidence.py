"""ชุดหลักฐานการประเมิน (LPA/ITA): what a year's proofs come to, what to mend, and the pack to take away.

The page shows what the officer's reports reach, so that a department mends its own; the pack is of the whole
town.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import current_app, flash, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin_views.guard import SecureView, language, needs
from admin_views.identity import current_actor, current_lookups
from domain.actor import Actor
from domain.clock import fiscal_year_of, today
from domain.errors import DomainError
from domain.evidence_pack import may_make_pack, request_pack
from domain.permissions import Permission
from extensions import db, write_transaction
from models import Scope
from reports.evidence import evidence_of
from reports.evidence_words import MENDS, VERDICTS, Mend

YEARS_OFFERED: Final = 8
MOST_SHOWN: Final = 100
"""Cases listed of one thing to mend; the pack has all."""
LATE: Final = frozenset({Mend.NOT_TOLD, Mend.TOLD_LATE, Mend.PROMISE_BROKEN})


class EvidenceView(SecureView):
    """The year's proofs before the assessor comes."""

    def __init__(self) -> None:
        super().__init__(name=_l("ชุดหลักฐานการประเมิน"), endpoint="evidence", url="/admin/evidence")

    @expose("/")
    @needs(Permission.REPORT_EXPORT)
    def index_view(self) -> str:
        """Show the counts of a fiscal year and each case that lacks something."""
        actor, lookups = current_actor(), current_lookups()
        present = fiscal_year_of(today())
        offered = list(range(present, present - YEARS_OFFERED, -1))
        year = next((one for one in offered if str(one) == request.args.get("year")), present - 1)
        return self.render(
            "admin/evidence/index.html",
            evidence=evidence_of(db.session(), actor, year),
            offered=offered,
            verdicts=VERDICTS,
            mends=MENDS,
            late=LATE,
            most=MOST_SHOWN,
            place=1 if language() == "en" else 0,
            may_make=may_make_pack(actor),
            whole=_sees_all(actor),
            subtypes=lookups.subcategories,
        )

    @expose("/pack", methods=("POST",))
    @needs(Permission.REPORT_EXPORT)
    def pack(self) -> Any:
        """Ask the worker for the pack; it waits under ไฟล์ของฉัน."""
        text = request.form.get("year", "")
        year = int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 0
        try:
            with write_transaction() as session:
                request_pack(session, current_actor(), year)
        except DomainError as error:
            flash(error.message_in(language()), "error")
            return redirect(url_for(".index_view"), 303)
        ring: Callable[[], None] | None = current_app.extensions.get("wake_worker")
        if ring is not None:
            ring()
        flash(_("กำลังจัดทำชุดหลักฐาน เสร็จแล้วดาวน์โหลดได้ที่หน้านี้"), "success")
        return redirect(url_for("case_file.index_view"), 303)


def _sees_all(actor: Actor) -> bool:
    return actor.scope_of(Permission.REPORT_EXPORT) is Scope.ALL


def register(admin: Admin) -> None:
    """Add the page to the back office."""
    admin.add_view(EvidenceView())
