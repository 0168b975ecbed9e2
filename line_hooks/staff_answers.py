"""What officers and executives are told in the chat: today's work, figures, and the lists they open.

Who asks is looked up anew each time, and the rules narrow every figure to what that officer may see. Links
lead into the back office, which asks for its own sign-in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import select

from domain.actor import Actor
from domain.chat_figures import (
    Cases,
    cases_at_work,
    late_cases,
    new_counts,
    open_by_zone,
    own_figures,
    own_unacknowledged,
    received_by_type,
)
from domain.clock import fiscal_year_of, now, today
from domain.digests import DIGEST, digest_facts, digest_of
from domain.errors import NotPermitted
from domain.labels import word
from domain.lookups import Lookups, Row, load_lookups
from domain.permissions import Permission
from domain.staff_actor import actor_of_staff
from domain.thai_calendar import thai_date
from line_hooks.asking import Asking
from line_hooks.chat_cards import Line, says
from line_hooks.messages import CardFacts, build
from line_hooks.words import unbroken
from models import Complaint, MessageTemplate
from reports.case_summary import FIGURES, received_in
from reports.results import results_of

CASE_LIST: Final = "complaint.index_view"
CASE: Final = "complaint_case.case"
RESULT: Final = "complaint_case.record_result"
REPORT: Final = "report.index_view"
RESULTS: Final = "report.results"
PROFILE: Final = "auth.profile"

_STARS: Final = "★"


@dataclass(frozen=True, slots=True)
class Desk:
    """The officer who asks, and what the answer draws from.

    Attributes:
        ask: The question.
        actor: The officer, with his rights of now.
        lookups: The small tables.
    """

    ask: Asking
    actor: Actor
    lookups: Lookups

    @property
    def year(self) -> int:
        """Return the fiscal year of today."""
        return fiscal_year_of(today())

    def case_list(self, **arguments: str) -> str:
        """Return the address of the officers' list, narrowed."""
        return self.ask.tools.link(CASE_LIST, **arguments)

    def counted(self, label: str, count: int, **arguments: str) -> Line:
        """Return a line with a figure that opens its list."""
        return Line(f"{label}: {count:,}", self.case_list(**arguments))

    def opens_list(self, **arguments: str) -> list[dict[str, Any]]:
        """Return the button that opens a list."""
        return self.ask.cards.opens(self.ask.pick("เปิดรายการ", "Open the list"), self.case_list(**arguments))

    def case_lines(self, cases: Sequence[Complaint], endpoint: str = CASE) -> list[Line | str]:
        """Return a line for each case: number, kind, promised day; nothing of a citizen's own words."""
        found: list[Line | str] = []
        for case in cases:
            kind = case.subcategory or case.category
            english = kind.name_en if kind and self.ask.is_english else None
            due = unbroken(thai_date(case.due_at, lang=self.ask.language)) if case.due_at else ""
            said = " · ".join(filter(None, (english or (kind.name if kind else ""), due)))
            address = self.ask.tools.link(endpoint, public_code=case.public_code)
            found.append(
                Line(str(case), address, said, is_late=case.due_at is not None and case.due_at < now())
            )
        return found


Answer = Callable[[Desk], str]


def answer_officer(ask: Asking, code: str) -> str:
    """Answer an officer's question; who is no active officer is told how to become one here."""
    needed, answer = ANSWERS[code]
    desk = _desk(ask)
    if desk is None:
        return ask.say("officer_not_linked", "link", "administrator", "guide")
    if needed is not None and not desk.actor.can(needed):
        return ask.say("no_right", "my_work", "my_account")
    return answer(desk)


def _desk(ask: Asking) -> Desk | None:
    if ask.account is None or ask.account.staff_user_id is None:
        return None
    lookups = load_lookups(ask.session)
    try:
        actor = actor_of_staff(ask.session, ask.account.staff_user_id, "line", lookups=lookups)
    except NotPermitted:
        return None
    return Desk(ask, actor, lookups)


# Work -------------------------------------------------------------------------------------------------------


def my_work(desk: Desk) -> str:
    """Show today's digest of this officer, as the daily one would look now."""
    ask = desk.ask
    digest = digest_of(ask.session, desk.actor, desk.lookups)
    if not digest.counts:
        nothing = ask.pick("วันนี้ไม่มีงานค้างในมือท่าน", "Nothing waits for you today.")
        card = ask.cards.card(ask.pick("งานของฉัน", "My work"), [nothing], desk.opens_list(officer="me"))
        return ask.show("my_work", card, "new_cases", "statistics")
    facts = digest_facts(digest, today(), ask.language)
    facts["counts"] = [{**one, "url": desk.case_list(**one["arguments"])} for one in facts["counts"]]
    facts["cases"] = [
        {**one, "url": ask.tools.link(CASE, public_code=one["public_code"])} for one in facts["cases"]
    ]
    facts["list_url"] = desk.case_list(**facts["list_arguments"])
    facts |= {"municipality": ask.town("municipality_name"), "contact_phone": ask.phone}
    template = _digest_template(ask)
    if template is None:
        return ask.show("my_work", _plain_digest(desk, facts), "overdue", "record_result")
    said = cast("CardFacts", facts)
    [card] = build(template.layout, template.words, said, allow_http=ask.tools.allows_http)
    return ask.show("my_work", card, "overdue", "record_result")


def _digest_template(ask: Asking) -> MessageTemplate | None:
    rows = ask.session.scalars(select(MessageTemplate).where(MessageTemplate.key == DIGEST)).all()
    found = {row.language: row for row in rows}
    return found.get(ask.language) or found.get("th")


def _plain_digest(desk: Desk, facts: dict[str, Any]) -> dict[str, Any]:
    lines = [Line(f"{one['word']}: {one['count']}", one["url"]) for one in facts["counts"]]
    return desk.ask.cards.card(desk.ask.pick("งานของฉัน", "My work"), lines)


def new_cases(desk: Desk) -> str:
    """Show what waits for a beginning, by state, and the officer's own unacknowledged orders."""
    ask = desk.ask
    mine = own_unacknowledged(ask.session, desk.actor)
    lines: list[Line | str] = []
    if mine:
        label = ask.pick("ของท่าน รอรับทราบ", "Yours, to acknowledge")
        lines.append(desk.counted(label, mine, officer="me", status="directed"))
    for status, count in new_counts(ask.session, desk.actor).items():
        lines.append(desk.counted(word(status, ask.language), count, status=status.value))
    none = ask.pick("ไม่มีเรื่องใหม่", "There are no new cases.")
    card = ask.cards.card(
        ask.pick("เรื่องใหม่", "New cases"), lines or [none], desk.opens_list(state="open"), tone="new"
    )
    return ask.show("new_cases", card, "my_work", "overdue")


def overdue(desk: Desk) -> str:
    """Show what is past its day."""
    return _late(desk, "overdue", desk.ask.pick("เกินกำหนด", "Overdue"))


def late(desk: Desk) -> str:
    """Show an executive what is past its day."""
    return _late(desk, "late_cases", desk.ask.pick("เรื่องล่าช้า", "Late cases"))


def _late(desk: Desk, code: str, title: str) -> str:
    ask = desk.ask
    found = late_cases(ask.session, desk.actor)
    lines: list[Line | str] = []
    if found.mine:
        lines.append(desk.counted(ask.pick("ของท่าน", "Yours"), found.mine, officer="me", due="overdue"))
    lines.append(desk.counted(ask.pick("ทั้งหมดที่ท่านเห็น", "All you may see"), found.count, due="overdue"))
    lines += desk.case_lines(found.first)
    none = [ask.pick("ไม่มีเรื่องเกินกำหนด", "Nothing is overdue.")]
    card = ask.cards.card(
        title,
        lines if found.count else none,
        desk.opens_list(due="overdue"),
        tone="late" if found.count else "done",
    )
    return ask.show(code, card, "my_work", "statistics")


def record_result(desk: Desk) -> str:
    """Show the cases whose result this officer may record now, each with its form."""
    ask = desk.ask
    found: Cases = cases_at_work(ask.session, desk.actor)
    lines: list[Line | str] = [*desk.case_lines(found.first, RESULT)]
    if found.count > len(found.first):
        rest = found.count - len(found.first)
        lines.append(ask.pick(f"และอีก {rest} เรื่อง", f"and {rest} more"))
    none = ask.pick(
        "ไม่มีเรื่องที่รอบันทึกผล เรื่องที่ยังไม่กดรับทราบจะยังไม่อยู่ที่นี่",
        "No case waits for its result; orders you have not acknowledged are not here yet.",
    )
    title = ask.pick("รายงานผล", "Record results")
    note = ask.pick("แตะเรื่องเพื่อบันทึกผลพร้อมภาพ", "Tap a case to record its result with photos")
    button = desk.opens_list(officer="me", status="acknowledged,in_progress")
    return ask.show("record_result", ask.cards.card(title, lines or [none], button, note=note), "my_work")


# Figures ----------------------------------------------------------------------------------------------------


def statistics(desk: Desk) -> str:
    """Show the figures of this fiscal year, as far as the officer's reports reach; else of his own cases."""
    ask = desk.ask
    if desk.actor.can(Permission.REPORT_READ):
        return _figures(desk, "statistics", ask.pick("สถิติ", "Statistics"))
    year, counts = str(desk.year), own_figures(ask.session, desk.actor, received_in([desk.year]))
    total = desk.counted(ask.pick("เรื่องของท่าน", "Your cases"), sum(counts.values()), officer="me", year=year)
    lines: list[Line | str] = [total]
    for figure in FIGURES:
        label = word(figure, ask.language)
        lines.append(desk.counted(label, counts.get(figure, 0), officer="me", figure=figure.value, year=year))
    button = desk.opens_list(officer="me", year=year)
    card = ask.cards.card(ask.pick("สถิติของฉัน", "My statistics"), lines, button, note=_year_note(desk))
    return ask.show("statistics", card, "my_work", "overdue")


def overview(desk: Desk) -> str:
    """Show an executive the seven figures of this fiscal year."""
    return _figures(desk, "overview", desk.ask.pick("ภาพรวม", "Overview"))


def _figures(desk: Desk, code: str, title: str) -> str:
    ask, year = desk.ask, str(desk.year)
    results = results_of(ask.session, desk.actor, [desk.year])
    lines: list[Line | str] = [desk.counted(ask.pick("เรื่องทั้งหมด", "All cases"), results.all, year=year)]
    for figure in FIGURES:
        label = word(figure, ask.language)
        lines.append(desk.counted(label, results.by_figure[figure], figure=figure.value, year=year))
    if results.success is not None:
        lines.append(f"{ask.pick('แก้ไขได้', 'Fixed')}: {results.success}%")
    if results.mean is not None:
        lines.append(f"{ask.pick('คะแนนเฉลี่ย', 'Mean score')}: {results.mean} / 5")
    card = ask.cards.card(title, lines, _report(desk, RESULTS), note=_year_note(desk))
    return ask.show(code, card, "overdue", "my_account")


def by_zone(desk: Desk) -> str:
    """Show in which zones the open cases lie."""
    ask = desk.ask
    rows = open_by_zone(ask.session, desk.actor)
    lines = _grouped(desk, rows, desk.lookups.zones, "zone", state="open")
    title = ask.pick("งานตามเขต", "By zone")
    note = ask.pick("เรื่องที่ยังไม่เสร็จ", "Open cases")
    card = ask.cards.card(title, lines, desk.opens_list(state="open"), note=note)
    return ask.show("by_zone", card, "by_type", "late_cases")


def by_type(desk: Desk) -> str:
    """Show what the cases of this fiscal year are about."""
    ask = desk.ask
    rows = received_by_type(ask.session, desk.actor, received_in([desk.year]))
    lines = _grouped(desk, rows, desk.lookups.categories, "category", year=str(desk.year))
    card = ask.cards.card(
        ask.pick("ตามประเภท", "By type"), lines, _report(desk, REPORT), note=_year_note(desk)
    )
    return ask.show("by_type", card, "by_zone", "overview")


def ratings(desk: Desk) -> str:
    """Show how citizens rated this fiscal year's cases."""
    ask = desk.ask
    results = results_of(ask.session, desk.actor, [desk.year])
    lines: list[Line | str] = [ask.pick("ยังไม่มีคะแนนจากประชาชน", "Nobody has rated yet.")]
    if results.mean is not None:
        told = ask.pick(f"จาก {results.rated:,} เรื่อง", f"from {results.rated:,} cases")
        lines = [f"{ask.pick('เฉลี่ย', 'Mean')} {results.mean} / 5 {told}"]
        lines += [f"{_STARS * stars}  {results.stars[stars]:,}" for stars in range(5, 0, -1)]
    title = ask.pick("ความพึงพอใจ", "Satisfaction")
    card = ask.cards.card(title, lines, _report(desk, RESULTS), note=_year_note(desk))
    return ask.show("ratings", card, "overview", "late_cases")


def _grouped(
    desk: Desk, rows: Sequence[tuple[int | None, int]], names: Mapping[int, Row], key: str, **more: str
) -> list[Line | str]:
    ask = desk.ask
    lines: list[Line | str] = []
    for row_id, count in rows:
        row = names.get(row_id) if row_id is not None else None
        label = row.word(ask.language) if row else ask.pick("ไม่ระบุ", "Not given")
        lines.append(desk.counted(label, count, **{key: row.code if row else "none", **more}))
    return lines or [ask.pick("ยังไม่มีเรื่อง", "There are no cases yet.")]


def _report(desk: Desk, endpoint: str) -> list[dict[str, Any]]:
    address = desk.ask.tools.link(endpoint, year=str(desk.year))
    return desk.ask.cards.opens(desk.ask.pick("เปิดรายงาน", "Open the report"), address)


def _year_note(desk: Desk) -> str:
    return desk.ask.pick(f"ปีงบประมาณ {desk.year}", f"Fiscal year {desk.year}")


# The account ------------------------------------------------------------------------------------------------


def my_account(desk: Desk) -> str:
    """Show whose account is linked here, and how to part it."""
    ask = desk.ask
    department = desk.lookups.departments.get(desk.actor.department_id or 0)
    bound = thai_date(ask.account.bound_at, lang=ask.language) if ask.account else ""
    rows = (
        (ask.pick("ชื่อ", "Name"), desk.actor.name),
        (ask.pick("หน่วยงาน", "Department"), department.word(ask.language) if department else ""),
        (ask.pick("ผูกบัญชีเมื่อ", "Linked"), bound),
    )
    lines: list[Line | str] = [f"{label}: {said}" for label, said in rows if said]
    lines.append(ask.pick("เลิกผูกได้ทุกเมื่อโดยพิมพ์ เลิกผูก", "Type unlink at any time to part this account."))
    opens = ask.cards.opens(ask.pick("เปิดบัญชีในระบบ", "Open my account"), ask.tools.link(PROFILE))
    parts = says(ask.pick("เลิกผูก", "Unlink"), ask.pick("เลิกผูก", "unlink"))
    card = ask.cards.card(ask.pick("บัญชีของฉัน", "My account"), lines, [*opens, parts])
    return ask.show("my_account", card, "my_work")


ANSWERS: Final[dict[str, tuple[Permission | None, Answer]]] = {
    "my_work": (Permission.COMPLAINT_READ, my_work),
    "new_cases": (Permission.COMPLAINT_READ, new_cases),
    "overdue": (Permission.COMPLAINT_READ, overdue),
    "record_result": (Permission.COMPLAINT_RECORD_RESULT, record_result),
    "statistics": (Permission.COMPLAINT_READ, statistics),
    "overview": (Permission.REPORT_READ, overview),
    "late_cases": (Permission.COMPLAINT_READ, late),
    "by_zone": (Permission.COMPLAINT_READ, by_zone),
    "by_type": (Permission.REPORT_READ, by_type),
    "ratings": (Permission.REPORT_READ, ratings),
    "my_account": (None, my_account),
}
"""By code of the tile: the right it asks for, and the answer."""
