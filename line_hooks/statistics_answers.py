"""Statistics in the chat (000-71): bars in a picture, the same numbers on the card, chosen by buttons.

Who may read reports sees what his reports reach; every other officer the cases in his own hands. Counted as
the summary report counts: cases received in the fiscal year, in their state of now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from domain.chat_figures import own_counts
from domain.clock import now
from domain.complaint_filter import NONE_WORD, conditions
from domain.errors import Words
from domain.labels import word
from domain.lookups import Row
from domain.permissions import Permission
from domain.thai_calendar import thai_datetime
from figure_pictures import MOST_BARS, Bar, FigureDrawing
from line_hooks.asking import Asking
from line_hooks.chat_cards import Line
from line_hooks.desk import Desk, desk_of
from line_hooks.figure_choices import PICK_WORDS, PICKS, SHOW, VIEW_WORDS, Choice, View, choice_of
from line_hooks.limits import JsonDict
from line_hooks.pictured import picture_note, show_pictured
from line_hooks.postback import Postback
from line_hooks.words import unbroken
from models import Figure, Scope
from reports.case_summary import COUNTED, FIGURES, NOT_GIVEN, group_cases, received_in
from reports.results import Results, results_of

REPORT: Final = "report.index_view"
RESULTS: Final = "report.results"
YEARS_SHOWN: Final = 5
PAGE: Final = 9
"""Lines of a list to choose from; one more leads on."""

_TONES: Final = {
    Figure.EXAMINATION: "new",
    Figure.PROGRESS: "progress",
    Figure.FINISHED: "done",
    Figure.REJECTED: "muted",
}
_UNFINISHED: Final = (Figure.EXAMINATION, Figure.PROGRESS)
_OTHERS: Final = Words("อื่น ๆ", "Others")
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


class Cell(NamedTuple):
    """How many cases share year, type, zone and column of the seven figures."""

    year: int
    category: int | None
    zone: int | None
    figure: Figure
    cases: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of an answer: a bar, and a line that opens the list behind its number.

    Attributes:
        label: What is counted.
        count: How many.
        arguments: Of the list; None for a sum of several rows.
        tone: Of the bar; the town's colour without one.
        more: What the line says beyond the number.
    """

    label: str
    count: int
    arguments: Mapping[str, str] | None = None
    tone: str = ""
    more: str = ""


# Counting ---------------------------------------------------------------------------------------------------


def reads_reports(desk: Desk) -> bool:
    """Tell whether the officer's reports go beyond the cases in his own hands."""
    return desk.actor.can(Permission.REPORT_READ)


def _cells(desk: Desk, choice: Choice, years: Sequence[int]) -> list[Cell]:
    session, actor = desk.ask.session, desk.actor
    chosen = choice.narrows()
    if reads_reports(desk):
        groups, _uncounted = group_cases(session, actor, replace(chosen, year=frozenset(years)))
        return [Cell(group.year, group.category, group.zone, group.figure, group.cases) for group in groups]
    wanted, _match = conditions(chosen, session)
    return [
        Cell(year, *one)
        for year in years
        for one in own_counts(session, actor, [received_in([year]), *wanted])
    ]


def _results(desk: Desk, choice: Choice) -> Results:
    wanted, _match = conditions(choice.narrows(), desk.ask.session)
    return results_of(desk.ask.session, desk.actor, [choice.year], wanted)


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


def _figures(desk: Desk, choice: Choice) -> tuple[list[Line | str], list[Shown], list[Line | str]]:
    ask, after = desk.ask, list[Line | str]()
    if reads_reports(desk):
        results = _results(desk, choice)
        counts: Mapping[Figure, int] = results.by_figure
        if results.success is not None:
            after.append(f"{ask.pick('แก้ไขได้', 'Fixed')}: {results.success}%")
        if results.mean is not None:
            after.append(f"{ask.pick('คะแนนเฉลี่ย', 'Mean score')}: {results.mean} / 5 {_rated(ask, results)}")
    else:
        counts = _summed(_cells(desk, choice, [choice.year]), lambda cell: cell.figure)
    rows = [
        Shown(word(one, ask.language), counts.get(one, 0), {"figure": one.value}, _TONES[one])
        for one in FIGURES
    ]
    label = (
        ask.pick("เรื่องทั้งหมด", "All cases") if reads_reports(desk) else ask.pick("เรื่องของท่าน", "Your cases")
    )
    return [_line(desk, choice, Shown(label, sum(row.count for row in rows), {}))], rows, after


def _zones(desk: Desk, choice: Choice) -> tuple[list[Line | str], list[Shown], list[Line | str]]:
    return [], _grouped(desk, choice, "zone", desk.lookups.zones, lambda cell: cell.zone), []


def _types(desk: Desk, choice: Choice) -> tuple[list[Line | str], list[Shown], list[Line | str]]:
    return [], _grouped(desk, choice, "category", desk.lookups.categories, lambda cell: cell.category), []


def _years(desk: Desk, choice: Choice) -> tuple[list[Line | str], list[Shown], list[Line | str]]:
    years = range(choice.year - YEARS_SHOWN + 1, choice.year + 1)
    counts = _summed(_cells(desk, choice, years), lambda cell: cell.year)
    label = desk.ask.pick("ปี", "Year")
    return [], [Shown(f"{label} {year}", counts.get(year, 0), {"year": str(year)}) for year in years], []


def _stars(desk: Desk, choice: Choice) -> tuple[list[Line | str], list[Shown], list[Line | str]]:
    ask, results = desk.ask, _results(desk, choice)
    before: list[Line | str] = []
    if results.mean is not None:
        before = [f"{ask.pick('เฉลี่ย', 'Mean')} {results.mean} / 5 {_rated(ask, results)}"]
    rows = [Shown(f"{stars} {ask.pick('ดาว', 'stars')}", results.stars[stars]) for stars in range(5, 0, -1)]
    return before, rows, []


def _rated(ask: Asking, results: Results) -> str:
    return unbroken(ask.pick(f"จาก {results.rated:,} เรื่อง", f"from {results.rated:,} cases"))


_VIEWS: Final[
    Mapping[View, Callable[[Desk, Choice], tuple[list[Line | str], list[Shown], list[Line | str]]]]
] = {
    View.FIGURES: _figures,
    View.ZONES: _zones,
    View.TYPES: _types,
    View.YEARS: _years,
    View.STARS: _stars,
}
"""By view: lines before the bars, the bars, lines after them."""


def _summed(cells: Iterable[Cell], by: Callable[[Cell], Any]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for cell in cells:
        found[by(cell)] += cell.cases
    return found


def _grouped(
    desk: Desk, choice: Choice, key: str, names: Mapping[int, Row], by: Callable[[Cell], int | None]
) -> list[Shown]:
    """Return the groups, the most cases first; those that find no room are summed up in the last row."""
    ask, cells = desk.ask, _cells(desk, choice, [choice.year])
    counts = _summed(cells, by)
    unfinished = _summed((cell for cell in cells if cell.figure in _UNFINISHED), by)
    ranked = [row_id for row_id, _count in counts.most_common()]
    kept = ranked if len(ranked) <= MOST_BARS else ranked[: MOST_BARS - 1]
    shown = []
    for row_id in kept:
        row = names.get(row_id) if row_id is not None else None
        label = row.word(ask.language) if row else ask.pick(*NOT_GIVEN)
        code = row.code if row else NONE_WORD
        shown.append(Shown(label, counts[row_id], {key: code}, more=_open_words(ask, unfinished[row_id])))
    rest = ranked[len(kept) :]
    if rest:
        open_rest = sum(unfinished[row_id] for row_id in rest)
        label = f"{ask.pick(*_OTHERS)} ({len(rest)})"
        shown.append(
            Shown(
                label, sum(counts[row_id] for row_id in rest), more=_open_words(ask, open_rest), tone="muted"
            )
        )
    return shown


def _open_words(ask: Asking, count: int) -> str:
    said = unbroken(ask.pick(f"(ยังไม่เสร็จ {count:,})", f"({count:,} open)"))
    return f" {said}" if count else ""


# Cards ------------------------------------------------------------------------------------------------------


def _line(desk: Desk, choice: Choice, row: Shown) -> Line | str:
    """Return the line of a row; a number that is a list opens it."""
    said = f"{row.label}: {row.count:,}{row.more}"
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
    ask = desk.ask
    if not reads_reports(desk):
        return ask.pick("เรื่องของท่าน", "your cases")
    if desk.actor.scope_of(Permission.REPORT_READ) is Scope.ALL:
        return ask.pick("ทั้งเทศบาล", "whole town")
    department = desk.lookups.departments.get(desk.actor.department_id or 0)
    return department.word(ask.language) if department else ask.pick("เรื่องของท่าน", "your cases")


def _empty(desk: Desk, choice: Choice) -> str:
    ask = desk.ask
    if choice.view is View.STARS:
        return ask.pick("ยังไม่มีคะแนนจากประชาชน", "Nobody has rated yet.")
    return ask.pick(f"ปีงบประมาณ {choice.year} ยังไม่มีเรื่อง", f"No cases in fiscal year {choice.year} yet.")


def _drawing(desk: Desk, choice: Choice, title: str, rows: Sequence[Shown]) -> FigureDrawing:
    return FigureDrawing(
        title=title,
        town=desk.ask.town("municipality_name"),
        period=_about(desk, choice),
        colour=desk.ask.cards.colour,
        bars=tuple(Bar(row.label, row.count, row.tone) for row in rows),
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
