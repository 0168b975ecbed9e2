"""Fill a paper's template and make its PDF, both in one trip to a sandbox child.

Everything a town wrote runs here and nowhere else: in Jinja's sandbox, with its own clock, and in a process
that can be killed.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from jinja2 import ChainableUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from documents.pdf import render_pdf
from documents.template_markup import FILTERS, LONGEST_RANGE, TESTS, markup_faults
from documents.thai_text import clean
from sandbox import Refused

BODY: Final = "<!--body-->"
LONGEST_BODY: Final = 400_000
FILLING_SECONDS: Final = 3.0
HAS_ALARM: Final = hasattr(
    signal, "setitimer"
)  # not on Windows: there only the wall clock of the child counts
PARAGRAPH: Final = re.compile(r"(<(p|h1|h2|h3)\b[^>]*>)(.*?)(</\2>)", re.DOTALL)
NO_BREAK_SPACE: Final = "\N{NO-BREAK SPACE}"
MISSING: Final = Markup('<span class="gap">........................</span>')

Rows = list[dict[str, str]]


class _Late(BaseException):
    """The alarm; no Exception, for Jinja rewrites those and stumbles over its own optimised code."""


class Missing(ChainableUndefined):
    """A fact that is not there: a dotted gap on paper, to be filled in by hand."""

    def __str__(self) -> str:
        return MISSING

    def __html__(self) -> str:
        return MISSING


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with less in it still: no arithmetic that grows, nothing to call but ``range``."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=Missing, trim_blocks=True, lstrip_blocks=True)
        self.globals = {"range": _short_range}
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.tests = {name: self.tests[name] for name in TESTS}

    def call_binop(self, _context: Any, _operator: str, _left: Any, _right: Any) -> Any:
        raise Refused("paper_template_fails")

    def is_safe_callable(self, obj: Any) -> bool:
        return obj is _short_range


def _short_range(count: int) -> range:
    return range(min(int(count), LONGEST_RANGE))


def fill(source: str, texts: Mapping[str, str | Rows], parts: Mapping[str, str]) -> str:
    """Fill a template; texts are escaped, parts are HTML of our own.

    Raises:
        Refused: the template is not allowed, runs for ever, breaks, or writes too much.
    """
    source = clean(source).replace("&nbsp;", NO_BREAK_SPACE)  # as an entity it would be lost beside a space
    faults = markup_faults(source)
    if faults:
        raise Refused(faults[0].code, line=faults[0].line, **faults[0].params)
    values = {name: _plain(value) for name, value in texts.items()}
    values |= {name: Markup(html) for name, html in parts.items()}  # noqa: S704 - made by our own macros
    pieces: list[str] = []
    length = 0
    with _alarm():
        try:
            for piece in _compiled(source).generate(values):
                length += len(piece)
                if length > LONGEST_BODY:
                    raise Refused("paper_template_too_much")
                pieces.append(piece)
        except _Late as late:
            raise Refused("paper_template_too_slow") from late
        except (TemplateError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            raise Refused("paper_template_fails") from error
    return PARAGRAPH.sub(_with_lines, "".join(pieces))


def fill_and_render(
    source: str,
    texts: Mapping[str, str | Rows],
    parts: Mapping[str, str],
    page: str,
    images: Mapping[str, bytes],
    words: Sequence[str] = (),
) -> bytes:
    """Fill a template, put it into its page and return the PDF; see ``fill`` and ``documents.pdf``."""
    return render_pdf(page.replace(BODY, fill(source, texts, parts), 1), images, words)


def _with_lines(paragraph: re.Match[str]) -> str:
    """Keep the lines of a paragraph as they were written; none is empty at its edge.

    By <br>, for xhtml2pdf's pre-line eats the spaces beside tags and signs.
    """
    lines = paragraph[3].strip("\n ").replace("\n", "<br>")
    return f"{paragraph[1]}{lines}{paragraph[4]}"


def _plain(value: str | Rows) -> str | Rows:
    if isinstance(value, str):
        return clean(value)
    return [{name: clean(text) for name, text in row.items()} for row in value]


@lru_cache(maxsize=32)
def _compiled(source: str) -> Template:
    try:
        return _Environment().from_string(source)
    except (TemplateError, RecursionError, SyntaxError) as error:
        raise Refused("paper_template_fails") from error


@contextmanager
def _alarm() -> Iterator[None]:
    """End what runs too long with a word a person understands, before the whole child is killed."""
    if not HAS_ALARM:
        yield
        return

    def late(_number: int, _frame: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, FILLING_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
