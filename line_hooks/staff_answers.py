"""What officers and executives are told in the chat: today's work, figures, and the lists they open.

Who asks is looked up anew each time, and the rules narrow every figure to what that officer may see. Links
lead into the back office, which asks for its own sign-in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from sqlalchemy import select

from domain.clock import today
from domain.digests import DIGEST, digest_facts, digest_of
from domain.permissions import Permission
from domain.thai_calendar import thai_date
from line_hooks.asking import Asking
from line_hooks.case_lists import late_list, new_cases, overdue, record_result
from line_hooks.chat_cards import Line, says
from line_hooks.desk import CASE, Desk, desk_of
from line_hooks.late_answers import late_by_group
from line_hooks.messages import CardFacts, build
from line_hooks.statistics_answers import (
    by_type,
    by_zone,
    overview,
    ratings,
    statistics,
)
from models import MessageTemplate

PROFILE: Final = "auth.profile"


Answer = Callable[[Desk], str]


def answer_officer(ask: Asking, code: str) -> str:
    """Answer an officer's question; who is no active officer is told how to become one here."""
    needed, answer = ANSWERS[code]
    desk = desk_of(ask)
    if desk is None:
        return ask.say("officer_not_linked", "link", "officer_request", "administrator")
    if needed is not None and not desk.actor.can(needed):
        return ask.say("no_right", "my_work", "my_account")
    return answer(desk)


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


def late(desk: Desk) -> str:
    """Show who reads reports where the late cases are, anybody else which they are."""
    if desk.actor.can(Permission.REPORT_READ):
        return late_by_group(desk)
    return late_list(desk, "late_cases", desk.ask.pick("เรื่องล่าช้า", "Late cases"))


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
    "by_type": (Permission.COMPLAINT_READ, by_type),
    "ratings": (Permission.REPORT_READ, ratings),
    "my_account": (None, my_account),
}
"""By code of the tile: the right it asks for, and the answer."""
