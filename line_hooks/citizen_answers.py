"""What the citizens' tiles and words answer: how to report, own cases, emergency numbers, the town's pages.

Of complaints only those of the member are shown whom this LINE account belongs to; whoever else asks is told
how to follow with code and password, and nothing about whether a case exists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from domain.office_hours_text import hours_text
from domain.rich_menus import PAGES, TILES
from domain.setting_values import WEEKDAYS
from domain.settings import read_setting
from line_hooks.asking import Asking
from line_hooks.chat_cards import Line
from line_hooks.citizen_cases import cases_of_asker, is_known, show_cases
from line_hooks.report_talk import report

Answer = Callable[[Asking], str]


def follow(ask: Asking) -> str:
    """Show the asker's own latest cases, each with what he may do, or how to follow one by its code."""
    cases = cases_of_asker(ask)
    return show_cases(ask, cases) if cases else _how_to_follow(ask, is_member=is_known(ask))


def _how_to_follow(ask: Asking, *, is_member: bool) -> str:
    first = (
        ask.pick("ยังไม่มีเรื่องในชื่อของท่าน", "There is no case in your name yet.")
        if is_member
        else ask.pick(
            "บัญชี LINE นี้ยังไม่ได้ผูกกับผู้แจ้งเรื่อง", "This LINE account is not linked to anybody who reported."
        )
    )
    how = ask.pick(
        "ติดตามเรื่องได้ด้วยรหัสติดตามและรหัสผ่านที่ได้รับตอนแจ้งเรื่อง",
        "Follow a case with the tracking code and the password you were given when it was reported.",
    )
    opens = ask.cards.opens(ask.pick("เปิดหน้าติดตาม", "Open the tracking page"), ask.tools.track_url)
    card = ask.cards.card(ask.pick("ติดตามเรื่อง", "Follow a case"), [first, how], [*opens, *ask.calls()])
    return ask.show("follow", card, "report", "contact")


def emergency(ask: Asking) -> str:
    """Show the emergency numbers, large, each a tap from the call."""
    title = ask.pick("เหตุฉุกเฉิน", "Emergency")
    note = ask.pick("แตะเบอร์เพื่อโทรทันที", "Tap a number to call at once")
    return ask.show("emergency", ask.cards.phone_card(title, note, ask.emergency_or_national))


def contact(ask: Asking) -> str:
    """Show how to reach the town."""
    lines = _where(ask)
    mail = ask.town("contact_email")
    if mail:
        lines.append(ask.pick(f"อีเมล {mail}", f"E-mail {mail}"))
    web = ask.address_of("contact") or str(read_setting(ask.session, "web_address"))
    actions = [*ask.calls(), *ask.cards.opens(ask.pick("เว็บไซต์", "Web site"), web)]
    card = ask.cards.card(ask.pick("ติดต่อเทศบาล", "Contact us"), lines, actions)
    return ask.show("contact", card, "report", "emergency")


def _where(ask: Asking) -> list[Line | str]:
    rows = (
        ("", ask.town("municipality_name")),
        (ask.pick("โทร", "Telephone"), ask.phone),
        (ask.pick("ที่อยู่", "Address"), ask.town("address")),
        (ask.pick("เวลาทำการ", "Office hours"), _week(ask)),
    )
    return [f"{label} {said}".strip() for label, said in rows if said]


def _week(ask: Asking) -> str:
    """Return the office hours, days with the same ones together: ``จันทร์–ศุกร์ 08:30-16:30``."""
    week = read_setting(ask.session, "office_hours")
    days = [ask.pick(*name) for name in WEEKDAYS]
    said, begin = [], 0
    for day in range(len(week)):
        if day + 1 < len(week) and week[day + 1] == week[day]:
            continue
        if week[begin]:
            named = days[begin] if begin == day else f"{days[begin]}–{days[day]}"
            said.append(f"{named} {hours_text(week[begin])}")
        begin = day + 1
    return " · ".join(said)


def _page(code: str) -> Answer:
    """Return the answer of a tile that opens the town's own page, or names the telephone instead."""

    def answer(ask: Asking) -> str:
        tile, address = TILES[code], ask.address_of(code)
        title = ask.pick(*tile.label)
        opens = ask.cards.opens(ask.pick(f"เปิด{title}", f"Open: {title}"), address)
        if opens:
            lines: list[Line | str] = [ask.pick(*tile.hint)]
        else:
            asks = ask.pick(f"สอบถามเรื่อง{title}ได้ที่", f"Please ask us about: {title}.")
            lines = [asks, *_where(ask)]
        return ask.show(code, ask.cards.card(title, lines, [*opens, *ask.calls()]), "contact")

    return answer


def _door(code: str) -> Answer:
    """Return the answer of a tile that leads into the back office, which asks for its own sign-in."""

    def answer(ask: Asking) -> str:
        tile = TILES[code]
        endpoint, arguments = PAGES[tile.page]
        opens = ask.cards.opens(ask.pick("เข้าสู่ระบบ", "Sign in"), ask.tools.link(endpoint, **arguments))
        lines = [ask.pick("เข้าสู่ระบบด้วยชื่อผู้ใช้ของท่าน", "Sign in with your own user name.")]
        return ask.show(code, ask.cards.card(ask.pick(*tile.label), lines, opens))

    return answer


ANSWERS: Final[dict[str, Answer]] = {
    "report": report,
    "follow": follow,
    "emergency": emergency,
    "contact": contact,
    **{code: _page(code) for code in ("services", "news", "welfare", "tax", "waste", "information")},
    **{code: _door(code) for code in ("staff_door", "executive_door")},
}
"""By code of the tile."""
