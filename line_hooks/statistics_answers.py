"""Statistics in the chat (000-71): bars in a picture, the same numbers on the card, chosen by buttons.

Who may read reports sees what his reports reach; every other officer the cases in his own hands. Counted as
the summary report counts: cases received in the fiscal year, in their state of now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from domain.clock import now
from domain.errors import Words
from domain.lookups import Row
from domain.permissions import Permission
from domain.thai_calendar import thai_datetime
from figure_pictures import MOST_BARS, FigureDrawing
from line_hooks.asking import Asking
from line_hooks.chat_cards import Line
from line_hooks.desk import Desk, desk_of
from line_hooks.figure_choices import PICK_WORDS, PICKS, SHOW, VIEW_WORDS, Choice, View, choice_of
from line_hooks.limits import JsonDict
from line_hooks.pictured import picture_note, show_pictured
from line_hooks.postback import Postback
from line_hooks.words import unbroken
from reports.figures import COUNTED, By, fiscal_year_of_month
from reports.groups import FigureRow, figure_rows, group_rows, groups_of, star_rows
from reports.results import Results, empty_results, results_by
from reports.results_paper import whose

REPORT: Final = "report.index_view"
RESULTS: Final = "report.results"
YEARS_SHOWN: Final = 5
PAGE: Final = 9
"""Lines of a list to choose from; one more leads on."""

_TITLES: Final = {
    View.FIGURES: Words("สถิติ", "Statistics"),
    View.ZONES: Words("งานตามเขต", "By zone"),
    View.TYPES: Words("ตามประเภท", "By type"),
    View.YEARS: Words("ตามปีงบประมาณ", "By fiscal year"),
    View.STARS: Words("ความพึงพอใจ", "Satisfaction"),
}
_CHOOSES: Final = {
    View.FIGURES: ("year", "zone", "category"),
    View.ZONES: ("year", "category"),
    View.TYPES: ("year", "zone"),
    View.YEARS: ("zone", "category"),
    View.STARS: ("year", "zone", "category"),
}


Part = tuple[list[Line | str], list[FigureRow], list[Line | str]]
"""Lines before the bars, the bars, lines after them."""


# Counting ---------------------------------------------------------------------------------------------------


def reads_reports(desk: Desk) -> bool:
    """Tell whether the officer's reports go beyond the cases in his own hands."""
    return desk.actor.can(Permission.REPORT_READ)


def _counted(
    desk: Desk, choice: Choice, by: Sequence[By] = (), years: Sequence[int] = ()
) -> dict[tuple[int, ...], Results]:
    """Count what the officer's reports reach; without any, the cases in his own hands."""
    chosen = replace(choice.narrows(), year=frozenset(years or [choice.year]))
    if reads_reports(desk):
        return results_by(desk.ask.session, desk.actor, chosen, by)
    mine = replace(chosen, officer=frozenset({desk.actor.staff_user_id or 0}))
    return results_by(desk.ask.session, desk.actor, mine, by, Permission.COMPLAINT_READ)


def _results(desk: Desk, choice: Choice) -> Results:
    return _counted(desk, choice).get((), empty_results())


# Views ------------------------------------------------------------------------------------------------------


def statistics(desk: Desk) -> str:
    """Show the figures of this fiscal year."""
    return _show(desk, Choice(View.FIGURES, desk.year), "statistics")


def overview(desk: Desk) -> str:
    """Show an executive the seven figures of this fiscal year."""
    return _show(desk, Choice(View.FIGURES, desk.year), "overview", Words("ภาพรวม", "Overview"))


def by_zone(desk: Desk) -> str:
    """Show in which zones the cases of this fiscal year lie."""
    return _show(desk, Choice(View.ZONES, desk.year), "by_zone")


def by_type(desk: Desk) -> str:
    """Show what the cases of this fiscal year are about."""
    return _show(desk, Choice(View.TYPES, desk.year), "by_type")


def ratings(desk: Desk) -> str:
    """Show how citizens rated this fiscal year's cases."""
    return _show(desk, Choice(View.STARS, desk.year), "ratings")


def _show(desk: Desk, choice: Choice, code: str = SHOW, title: Words | None = None) -> str:
    ask = desk.ask
    before, rows, after = _VIEWS[choice.view](desk, choice)
    said = ask.pick(*(title or _TITLES[choice.view]))
    shown = rows if any(row.count for row in rows) else []
    lines: list[Line | str] = [*before, *(_line(desk, choice, row) for row in shown), *after]
    if not shown:
        lines = [_empty(desk, choice), *after]
    lines.append(f"{ask.pick('ข้อมูล ณ', 'As of')} {unbroken(thai_datetime(now(), lang=ask.language))}")
    card = ask.cards.card(said, lines, _buttons(desk, choice), note=_about(desk, choice))
    return show_pictured(ask, code, card, _quick(desk, choice), _drawing(desk, choice, said, rows))


def _figures(desk: Desk, choice: Choice) -> Part:
    ask, results = desk.ask, _results(desk, choice)
    after = list[Line | str]()
    label = ask.pick("เรื่องของท่าน", "Your cases")
    if reads_reports(desk):
        label = ask.pick("เรื่องทั้งหมด", "All cases")
        if results.success is not None:
            after.append(f"{ask.pick('แก้ไขได้', 'Fixed')}: {results.success}%")
        if results.mean is not None:
            after.append(f"{ask.pick('คะแนนเฉลี่ย', 'Mean score')}: {results.mean} / 5 {_rated(ask, results)}")
    rows = figure_rows(results, ask.language)
    return [_line(desk, choice, FigureRow(label, results.all, {}))], rows, after


def _zones(desk: Desk, choice: Choice) -> Part:
    return [], _grouped(desk, choice, By.ZONE), []


def _types(desk: Desk, choice: Choice) -> Part:
    return [], _grouped(desk, choice, By.CATEGORY), []


def _years(desk: Desk, choice: Choice) -> Part:
    years = range(choice.year - YEARS_SHOWN + 1, choice.year + 1)
    counts = dict.fromkeys(years, 0)
    for (month,), results in _counted(desk, choice, (By.MONTH,), years).items():
        counts[fiscal_year_of_month(month)] += results.all
    label = desk.ask.pick("ปี", "Year")
    return [], [FigureRow(f"{label} {year}", counts[year], {"year": str(year)}) for year in years], []


def _stars(desk: Desk, choice: Choice) -> Part:
    ask, results = desk.ask, _results(desk, choice)
    before: list[Line | str] = []
    if results.mean is not None:
        before = [f"{ask.pick('เฉลี่ย', 'Mean')} {results.mean} / 5 {_rated(ask, results)}"]
    return before, star_rows(results, ask.language), []


def _rated(ask: Asking, results: Results) -> str:
    return unbroken(ask.pick(f"จาก {results.rated:,} เรื่อง", f"from {results.rated:,} cases"))


_VIEWS: Final[Mapping[View, Callable[[Desk, Choice], Part]]] = {
    View.FIGURES: _figures,
    View.ZONES: _zones,
    View.TYPES: _types,
    View.YEARS: _years,
    View.STARS: _stars,
}


def _grouped(desk: Desk, choice: Choice, by: By) -> list[FigureRow]:
    """Return the groups, the most cases first; those that find no room are summed up in the last row."""
    language = desk.ask.language
    groups = groups_of(_counted(desk, choice, (by,)), by, desk.lookups, language)
    return group_rows(groups, MOST_BARS, language)


def _open_words(ask: Asking, count: int) -> str:
    said = unbroken(ask.pick(f"(ยังไม่เสร็จ {count:,})", f"({count:,} open)"))
    return f" {said}" if count else ""


# Cards ------------------------------------------------------------------------------------------------------


def _line(desk: Desk, choice: Choice, row: FigureRow) -> Line | str:
    """Return the line of a row; a number that is a list opens it."""
    said = f"{row.label}: {row.count:,}{_open_words(desk.ask, row.unfinished)}"
    if row.arguments is None:
        return said
    whose = {} if reads_reports(desk) else {"officer": "me"}
    narrowed = {**whose, **choice.arguments(desk.lookups), **row.arguments}
    asked = {"year": str(choice.year), "figure": COUNTED, **narrowed}
    return Line(said, desk.case_list(**asked))


def _about(desk: Desk, choice: Choice) -> str:
    """Return the time and whose cases are counted, for the strip and the picture."""
    ask = desk.ask
    first = choice.year - YEARS_SHOWN + 1
    span = f"{first}–{choice.year}" if choice.view is View.YEARS else str(choice.year)
    year = ask.pick(f"ปีงบประมาณ {span}", f"Fiscal year {span}")
    return " · ".join([year, _whose(desk), *choice.names(desk.lookups, ask)])


def _whose(desk: Desk) -> str:
    if not reads_reports(desk):
        return desk.ask.pick("เรื่องของท่าน", "your cases")
    return whose(desk.actor, desk.lookups, desk.ask.language)


def _empty(desk: Desk, choice: Choice) -> str:
    ask = desk.ask
    if choice.view is View.STARS:
        return ask.pick("ยังไม่มีคะแนนจากประชาชน", "Nobody has rated yet.")
    return ask.pick(f"ปีงบประมาณ {choice.year} ยังไม่มีเรื่อง", f"No cases in fiscal year {choice.year} yet.")


def _drawing(desk: Desk, choice: Choice, title: str, rows: Sequence[FigureRow]) -> FigureDrawing:
    return FigureDrawing(
        title=title,
        town=desk.ask.town("municipality_name"),
        period=_about(desk, choice),
        colour=desk.ask.cards.colour,
        bars=tuple(row.bar for row in rows),
        note=picture_note(desk.ask),
        empty=_empty(desk, choice),
    )


def _buttons(desk: Desk, choice: Choice) -> list[JsonDict]:
    ask = desk.ask
    report = []
    if reads_reports(desk):
        only_year = choice.view in {View.FIGURES, View.STARS} and not choice.is_narrowed
        asked = {"year": str(choice.year), **choice.arguments(desk.lookups)}
        address = ask.tools.link(RESULTS if only_year else REPORT, **asked)
        report = ask.cards.opens(ask.pick("เปิดรายงาน", "Open the report"), address)
    return [*report, *(choice.button(ask, PICK_WORDS[key], PICKS[key]) for key in _CHOOSES[choice.view])]


def _quick(desk: Desk, choice: Choice) -> list[JsonDict]:
    ask = desk.ask
    views = [one for one in View if one is not choice.view and (one is not View.STARS or reads_reports(desk))]
    buttons = [choice.seen(one).button(ask, VIEW_WORDS[one]) for one in views]
    if choice.is_narrowed:
        whole = Words("ดูทั้งหมด", "Show all")
        buttons.append(replace(choice, zone=None, category=None).button(ask, whole))
    return [*buttons, *ask.menu_actions("late_cases" if reads_reports(desk) else "overdue")]


# Choosing ---------------------------------------------------------------------------------------------------


def show_chosen(ask: Asking, press: Postback) -> str:
    """Show what a button of an earlier card chose."""
    return _pressed(ask, press, lambda desk, choice: _show(desk, choice))


def _pick(key: str) -> Callable[[Asking, Postback], str]:
    def offer(ask: Asking, press: Postback) -> str:
        return _pressed(ask, press, lambda desk, choice: _offer(desk, choice, key, press.value or 0))

    return offer


def _pressed(ask: Asking, press: Postback, act: Callable[[Desk, Choice], str]) -> str:
    """Ask for the right again: what a button carries is a wish."""
    desk = desk_of(ask)
    if desk is None:
        return ask.say("officer_not_linked", "link", "administrator", "guide")
    choice = choice_of(press.public_code, desk.lookups)
    if choice is None:
        return ask.say("unknown_button", "statistics", "my_work")
    needed = Permission.REPORT_READ if choice.view is View.STARS else Permission.COMPLAINT_READ
    return act(desk, choice) if desk.actor.can(needed) else ask.say("no_right", "my_work", "my_account")


def _offer(desk: Desk, choice: Choice, key: str, page: int) -> str:
    """List what may be chosen, a page at a time."""
    ask = desk.ask
    options = _years_to_choose(desk, choice) if key == "year" else _rows_to_choose(desk, choice, key)
    page = page if page * PAGE < len(options) else 0
    lines = [
        Line(ask.pick(*label), action=chosen.button(ask, label))
        for label, chosen in options[page * PAGE : (page + 1) * PAGE]
    ]
    if len(options) > PAGE:
        more = Words("ดูต่อ", "More")
        onward = page + 1 if (page + 1) * PAGE < len(options) else 0
        lines.append(Line(ask.pick(*more), action=choice.button(ask, more, PICKS[key], onward)))
    card = ask.cards.card(ask.pick(*PICK_WORDS[key]), lines, note=_about(desk, choice))
    return ask.show(PICKS[key], card, "statistics", "my_work")


def _years_to_choose(desk: Desk, choice: Choice) -> list[tuple[Words, Choice]]:
    years = range(desk.year, desk.year - YEARS_SHOWN, -1)
    return [(Words(f"ปีงบประมาณ {year}", f"Fiscal year {year}"), replace(choice, year=year)) for year in years]


def _rows_to_choose(desk: Desk, choice: Choice, key: str) -> list[tuple[Words, Choice]]:
    rows: Mapping[int, Row] = desk.lookups.zones if key == "zone" else desk.lookups.categories
    whole = Words("ทุกเขต", "All zones") if key == "zone" else Words("ทุกประเภท", "All types")
    narrowed: list[tuple[Words, int | None]] = [(whole, None)]
    narrowed += [(Words(row.name, row.word("en")), row.id) for row in rows.values() if row.is_active]
    return [
        (label, replace(choice, zone=row_id) if key == "zone" else replace(choice, category=row_id))
        for label, row_id in narrowed
    ]


FIGURE_BUTTONS: Final[Mapping[str, Callable[[Asking, Postback], str]]] = {
    SHOW: show_chosen,
    **{action: _pick(key) for key, action in PICKS.items()},
}
"""By action of the button, in the officers' chat."""
