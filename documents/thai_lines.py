"""Break Thai paragraphs between words: what xhtml2pdf 0.2.28 lacks (thai-documents.md, step 3).

xhtml2pdf breaks lines at spaces, and Thai has none, so a paragraph runs off the page. A paragraph with Thai
in it is laid out here instead; others stay with xhtml2pdf. Justified Thai stays ragged: it has too few spaces
to stretch. Works on xhtml2pdf's own objects, which have no types. For sandbox children only.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from types import ModuleType
from typing import Any, NamedTuple

from reportlab.pdfbase.pdfmetrics import getAscentDescent

from documents.thai_text import clusters, has_thai, line_starts

PICTURE = "\ufffc"
LINE_BREAK = "\n"
ROUNDING = 1e-6


class Piece(NamedTuple):
    """What is drawn in one go: text of one fragment that is never broken, a picture, a marker (no text)."""

    fragment: Any
    text: str
    width: float


class Unit(NamedTuple):
    """What stays together on a line: a word with the spaces after it, a picture."""

    pieces: list[Piece]
    inked: float  # width without the spaces at its end
    width: float

    @property
    def ends_line(self) -> bool:
        """Whether a new line follows in any case (<br>)."""
        return self.pieces[-1].text == LINE_BREAK


class LineBreaker:
    """xhtml2pdf's line breaking, replaced for paragraphs that hold Thai."""

    def __init__(self, engine: ModuleType) -> None:
        """Work with `engine`, the module xhtml2pdf.reportlab_paragraph."""
        self.engine = engine
        self.plain_lines = engine.Paragraph.breakLines
        self.plain_min_width = engine.Paragraph.minWidth

    def install(self) -> None:
        """Replace the three methods in this process."""
        breaker = self
        paragraph = self.engine.Paragraph
        paragraph.breakLines = lambda self, widths: breaker.break_lines(self, widths)
        paragraph.minWidth = lambda self: breaker.min_width(self)
        paragraph._get_split_blParaFunc = lambda _self: breaker.fragments_of_lines

    def break_lines(self, paragraph: Any, widths: list[float]) -> Any:
        """Return the lines of a paragraph; `widths` are those of its first and of its other lines."""
        text = text_of(paragraph.frags)
        if not has_thai(text):
            return self.plain_lines(paragraph, widths)
        if hasattr(paragraph, "blPara") and getattr(paragraph, "_splitpara", False):
            return paragraph.blPara  # the upper part of a paragraph cut by a page keeps its lines
        paragraph.height = 0
        self.engine._handleBulletWidth(
            paragraph.bulletText, paragraph.style, widths, rtl=paragraph.dir == "rtl"
        )
        asked = (text, [round(width, 3) for width in widths], picture_sizes(paragraph.frags, text))
        known = paragraph.__dict__.get("thai_lines")
        if known is None or known[0] != asked:
            known = paragraph.thai_lines = (asked, self.make_lines(paragraph, widths))
        paragraph.width = max([paragraph.width, *(line.inked for line in known[1])])
        return self.engine.ParaLines(kind=1, lines=known[1])

    def make_lines(self, paragraph: Any, widths: list[float]) -> list[Any]:
        """Break a paragraph anew.

        `break_lines` remembers them: a table asks for every cell twice, the widths apart by a rounding error,
        which xhtml2pdf's own memory takes for another question.
        """
        room = min(widths)
        units: list[Unit] = []
        for fragments in written_lines(paragraph.frags):
            whole = self.whole_line(fragments)
            if not whole.pieces:  # A line end at the very end of a paragraph begins no line.
                continue
            units += [whole] if whole.inked <= room else self.narrow_units(self.make_units(fragments), room)
        return [
            self.finished(line, widths[min(number, len(widths) - 1)])
            for number, line in enumerate(fill_lines(units, widths))
        ]

    def min_width(self, paragraph: Any) -> float:
        """Return the width of the widest word, for tables that fit their columns to the content."""
        text = text_of(paragraph.frags)
        if not has_thai(text):
            return float(self.plain_min_width(paragraph))
        return max(unit.inked for unit in self.make_units(paragraph.frags))

    def fragments_of_lines(self, broken: Any, start: int, stop: int) -> list[Any]:
        """Return the fragments of some lines of a paragraph that a page cuts, to be laid out again.

        xhtml2pdf puts a space between any two lines; between two Thai words there was none.
        """
        if broken.kind == 0:
            return list(self.engine._split_blParaSimple(broken, start, stop))
        if not hasattr(broken.lines[0], "glued"):
            return list(self.engine._split_blParaHard(broken, start, stop))
        fragments: list[Any] = []
        for line in broken.lines[start:stop]:
            fragments += line.words
            texts = [word for word in line.words if getattr(word, "text", "")]
            if texts and not line.glued:
                texts[-1].text += " "
        return fragments

    def whole_line(self, fragments: list[Any]) -> Unit:
        """Take what stands between two <br> as one unit: where it fits, nobody need look for its words."""
        pieces: list[Piece] = []
        for fragment, part in parts_of(fragments, frozenset()):
            if part[:1] == " " and part != " ":
                pieces.append(Piece(fragment, " ", self.width_of(fragment, " ")))
                part = part.lstrip(" ")
            pieces.append(Piece(fragment, part, self.width_of(fragment, part)))
        return unit_of(pieces)

    def make_units(self, fragments: list[Any]) -> Iterator[Unit]:
        """Cut the fragments into pieces and put together what no line may begin with."""
        starts = frozenset(line_starts(text_of(fragments)))
        pieces: list[Piece] = []
        position = 0
        for fragment, part in parts_of(fragments, starts):
            begins = (part and position in starts) or part == LINE_BREAK
            if pieces and (begins or pieces[-1].text == LINE_BREAK):
                yield unit_of(pieces)
                pieces = []
            pieces.append(Piece(fragment, part, self.width_of(fragment, part)))
            position += len(part)
        yield unit_of(pieces)

    def narrow_units(self, units: Iterable[Unit], room: float) -> list[Unit]:
        """Cut the units wider than a line into letters with their marks."""
        narrow: list[Unit] = []
        for unit in units:
            narrow += [unit] if unit.inked <= room else self.letters(unit)
        return narrow

    def letters(self, unit: Unit) -> Iterator[Unit]:
        """Cut a unit into letters with their marks."""
        for fragment, word, _width in unit.pieces:
            for text in clusters(word) or [word]:
                yield unit_of([Piece(fragment, text, self.width_of(fragment, text))])

    def width_of(self, fragment: Any, text: str) -> float:
        """Return the width of a piece in points; a marker's is the padding it brings."""
        special = getattr(fragment, "cbDefn", None)
        if special is not None:
            own = getattr(special, "width", 0.0)
            return float(own or getattr(special, "advance", 0.0) + getattr(special, "reserve", 0.0))
        if text == LINE_BREAK:
            return 0.0
        return float(self.engine.stringWidth(text, fragment.fontName, fragment.fontSize))

    def finished(self, units: list[Unit], room: float) -> Any:
        """Make the line object xhtml2pdf draws: fragments of text, measures, free space."""
        pieces = [piece for unit in units for piece in unit.pieces]
        kept = without_outer_spaces(pieces)
        words: list[Any] = []
        for _identity, group in groupby(kept, key=lambda piece: id(piece.fragment)):
            same = list(group)
            word = same[0].fragment.clone()
            word.text = "".join(piece.text for piece in same).strip(PICTURE + LINE_BREAK)
            words.append(word)
        width = sum(piece.width for piece in kept)
        extents = [self.extent(word) for word in words]
        return self.engine.FragLine(
            extraSpace=room - width + self.engine._reserved(words),
            inked=width,
            glued=pieces[-1].text != " ",
            wordCount=1,
            words=words,
            lineBreak=units[-1].ends_line,
            fontSize=max(word.fontSize for word in words),
            ascent=max(ascent for ascent, _descent in extents),
            descent=min(descent for _ascent, descent in extents),
        )

    def extent(self, fragment: Any) -> tuple[float, float]:
        """Return how far a fragment reaches above and below the base line, in points."""
        special: Any = getattr(fragment, "cbDefn", None)
        if getattr(special, "width", None):
            descent, ascent = self.engine.imgVRange(special.height, special.valign, fragment.fontSize)
            return ascent, descent
        ascent, descent = getAscentDescent(fragment.fontName, fragment.fontSize)
        return ascent, descent


def unit_of(pieces: list[Piece]) -> Unit:
    """Measure pieces that stay together."""
    width = sum(piece.width for piece in pieces)
    return Unit(pieces, sum(piece.width for piece in without_outer_spaces(pieces)), width)


def fill_lines(units: list[Unit], widths: list[float]) -> list[list[Unit]]:
    """Put units on lines, as many on each as fit."""
    lines: list[list[Unit]] = [[]]
    used = 0.0
    for unit in units:
        room = widths[min(len(lines), len(widths)) - 1]
        if lines[-1] and used + unit.inked > room + ROUNDING:
            lines.append([])
            used = 0.0
        lines[-1].append(unit)
        used += unit.width
        if unit.ends_line:
            lines.append([])
            used = 0.0
    return [line for line in lines if line]


def without_outer_spaces(pieces: list[Piece]) -> list[Piece]:
    """Drop the spaces before the first and after the last text; markers stay."""
    inked = [number for number, piece in enumerate(pieces) if piece.text not in {"", " "}]
    if len(inked) == len(pieces):
        return pieces
    first, last = (inked[0], inked[-1]) if inked else (len(pieces), -1)
    return [piece for number, piece in enumerate(pieces) if first <= number <= last or piece.text != " "]


def written_lines(fragments: list[Any]) -> Iterator[list[Any]]:
    """Split fragments after each <br>."""
    line: list[Any] = []
    for fragment in fragments:
        line.append(fragment)
        if hasattr(fragment, "lineBreak"):
            yield line
            line = []
    if line:
        yield line


def parts_of(fragments: list[Any], starts: frozenset[int]) -> Iterator[tuple[Any, str]]:
    """Cut fragments where a line may begin; pictures and markers stay as they are."""
    position = 0
    for fragment in fragments:
        text = text_in(fragment)
        for part in [text] if hasattr(fragment, "cbDefn") else cut(text, position, starts):
            yield fragment, part
        position += len(text)


def cut(text: str, position: int, starts: frozenset[int]) -> Iterator[str]:
    """Cut a text that stands at `position` of its paragraph into words and the spaces after them."""
    edges = [0, *(edge for edge in range(1, len(text)) if position + edge in starts), len(text)]
    for start, end in pairwise(edges):
        word = text[start:end].rstrip(" ")
        if word:
            yield word
        if word != text[start:end]:
            yield " "


def picture_sizes(fragments: list[Any], text: str) -> list[tuple[float, float]]:
    """Return the sizes the pictures of a paragraph have now: they shrink with the room that is left."""
    if PICTURE not in text:
        return []
    pictures = [special for fragment in fragments if (special := getattr(fragment, "cbDefn", None))]
    return [(getattr(each, "width", 0.0), getattr(each, "height", 0.0)) for each in pictures]


def text_of(fragments: list[Any]) -> str:
    """Return the text of a paragraph, a sign for each picture and line break."""
    return "".join(map(text_in, fragments))


def text_in(fragment: Any) -> str:
    """Return the text of a fragment as it is laid out now (a page number knows its page only then)."""
    special = getattr(fragment, "cbDefn", None)
    if special is not None:
        return PICTURE if getattr(special, "width", 0) else ""
    if hasattr(fragment, "lineBreak"):
        return LINE_BREAK
    text = getattr(fragment, "text", "")
    return text.decode() if isinstance(text, bytes) else str(text)
