"""Draw Thai as HarfBuzz shapes it: what reportlab 5.1 lacks (thai-documents.md, steps 1 and 2).

reportlab draws letter by letter, so ที่ น้ำ ปั้น come out with the tone mark on top of the vowel. Here every run
of Thai is shaped before it is drawn. Two things keep the text readable by machines: each glyph is mapped back
to what it stands for (/ToUnicode), and each run carries its text (/ActualText), as does one with a letter the
font lacks. For sandbox children only.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import count, groupby, pairwise
from math import ceil
from typing import Any, NamedTuple

import uharfbuzz
from reportlab.lib.rl_accel import fp_str
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen.textobject import PDFTextObject

RUNS = re.compile(
    "[\u0e00-\u0e7f]+(?: +[\u0e00-\u0e7f]+)*|[^\u0e00-\u0e7f]+"
)  # spaces between Thai stay in it
THAI = re.compile("[\u0e00-\u0e7f]")
LONGEST_STEP_RIGHT = 80


class Glyph(NamedTuple):
    """One glyph of a shaped run."""

    letter: str  # what reportlab finds the glyph by; a private letter where it has none of its own
    moves: list[str]  # how far to go left before it is drawn, written as PDF; minus is right
    rise: float  # above the base line, in thousandths of the font size


class Shaped(NamedTuple):
    """A shaped run: its glyphs, the letters reportlab finds them by, and the way to its end."""

    glyphs: list[Glyph]
    letters: str
    last_moves: list[str]


_stands_for: dict[int, str] = {}  # private letter → the text its glyph stands for
_private_letters = count(0xF0000)
_draw_plainly = PDFTextObject._formatText
_plain_cmap = ttfonts.makeToUnicodeCMap


def install() -> None:
    """Make every text reportlab draws from now on, in this process, go through HarfBuzz where it is Thai."""
    PDFTextObject._formatText = format_text
    ttfonts.makeToUnicodeCMap = to_unicode_cmap


def format_text(text_object: Any, text: str | bytes) -> str:
    """Return the PDF operators that draw `text` (replaces PDFTextObject._formatText).

    Runs are split before shaping: HarfBuzz takes the script from the first letter, so "QR น้ำ" shaped whole
    would leave the Thai as it was.
    """
    if isinstance(text, bytes):
        text = text.decode()
    font = pdfmetrics.getFont(text_object._fontname)
    if not font._dynamicFont:
        return str(_draw_plainly(text_object, text))
    return " ".join(
        draw_shaped(text_object, font, run) if THAI.match(run) else draw_unshaped(text_object, font, run)
        for run in RUNS.findall(text)
    )


def draw_unshaped(text_object: Any, font: Any, run: str) -> str:
    """Return the operators for a run of anything else; what the font lacks is a box that reads as itself."""
    drawn = str(_draw_plainly(text_object, run))
    if font.face.charToGlyph.keys() >= set(map(ord, run)):
        return drawn
    return f"{marked(run)} {drawn} EMC"


def marked(run: str) -> str:
    """Return the beginning of marked content that reads as this text, whatever glyphs it is drawn with."""
    return f"/Span <</ActualText <FEFF{utf16(run)}>>> BDC"


def draw_shaped(text_object: Any, font: Any, run: str) -> str:
    """Return the operators for one run of Thai, marked with its text."""
    shaped = shape(text_object._fontname, run)
    document = text_object._canvas._doc
    operators = [marked(run)]
    drawn = 0
    for subset, codes in font.splitString(shaped.letters, document):
        if subset != text_object._curSubset:
            name = font.getSubsetInternalName(subset, document)
            operators.append(f"{name} {fp_str(text_object._fontsize)} Tf {fp_str(text_object._leading)} TL")
            text_object._curSubset = subset
        coded = zip(codes, shaped.glyphs[drawn : drawn + len(codes)], strict=True)
        for rise, group in groupby(coded, key=lambda pair: pair[1].rise):
            operators += at_height(text_object, rise, shown(text_object._canvas._escape, group))
        drawn += len(codes)
    if shaped.last_moves:
        operators.append(f"[{' '.join(shaped.last_moves)}] TJ")
    operators.append("EMC")
    return " ".join(operators)


def at_height(text_object: Any, rise: float, operator: str) -> list[str]:
    """Wrap an operator in a change of height where the glyphs need one."""
    if not rise:
        return [operator]
    usual = text_object._rise
    return [f"{fp_str(usual + rise * text_object._fontsize / 1000)} Ts", operator, f"{fp_str(usual)} Ts"]


def shown(escape: Callable[[bytes], str], coded: Iterable[tuple[int, Glyph]]) -> str:
    """Return the operator that shows glyphs of one height, each moved to its place."""
    items: list[str] = []
    letters = bytearray()
    for code, glyph in coded:
        if glyph.moves:
            if letters:
                items.append(f"({escape(bytes(letters))})")
                letters.clear()
            items += glyph.moves
        letters.append(code)
    items.append(f"({escape(bytes(letters))})")
    return f"[{' '.join(items)}] TJ"


def steps(shift: float) -> list[str]:
    """Write a move, to the right in short steps: readers take a long one for a space between words."""
    if not shift:
        return []
    number = max(1, ceil(-shift / LONGEST_STEP_RIGHT))
    return [fp_str(shift / number)] * number


@lru_cache(maxsize=2048)
def shape(font_name: str, run: str) -> Shaped:
    """Shape a run of Thai in a registered TrueType font."""
    font, harfbuzz = _harfbuzz(font_name)
    buffer = uharfbuzz.Buffer()
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.add_str(run)
    buffer.guess_segment_properties()
    uharfbuzz.shape(harfbuzz, buffer)
    scale = 1000 / font.hbFace.upem
    texts = texts_of([info.cluster for info in buffer.glyph_infos], run)
    glyphs = []
    shift = 0.0
    for info, position, text in zip(buffer.glyph_infos, buffer.glyph_positions, texts, strict=True):
        letter = letter_for(font_name, info.codepoint, text)
        moves = steps((shift - position.x_offset) * scale)
        glyphs.append(Glyph(letter, moves, position.y_offset * scale))
        shift = harfbuzz.get_glyph_h_advance(info.codepoint) - position.x_advance + position.x_offset
    return Shaped(glyphs, "".join(glyph.letter for glyph in glyphs), steps(shift * scale))


def texts_of(starts: list[int], run: str) -> list[str]:
    """Say for each glyph what it stands for, so that the glyphs read one after the other give the run.

    HarfBuzz takes ำ apart and may join its ring with a tone mark: น้ำ is drawn น + (ring with tone) + า. In
    such a cluster the last glyph stands for the last letter, the first for the rest.
    """
    texts: list[str] = []
    for start, end in pairwise(sorted({*starts, len(run)})):
        text, glyphs = run[start:end], starts.count(start)
        texts += [text] if glyphs == 1 else [text[:-1], *[""] * (glyphs - 2), text[-1]]
    return texts


@cache
def letter_for(font_name: str, glyph: int, text: str) -> str:
    """Return the letter reportlab finds a glyph by: its own, else a private one that stands for `text`."""
    font, harfbuzz = _harfbuzz(font_name)
    if len(text) == 1 and font.face.charToGlyph.get(ord(text)) == glyph:
        return text
    code = next(_private_letters)
    font.face.charToGlyph[code] = glyph
    font.face.charWidths[code] = harfbuzz.get_glyph_h_advance(glyph) * 1000 / font.hbFace.upem
    _stands_for[code] = text
    return chr(code)


def to_unicode_cmap(font_name: str, subset: list[int]) -> str:
    """Write a /ToUnicode table that knows the private letters (replaces ttfonts.makeToUnicodeCMap)."""
    cmap = str(_plain_cmap(font_name, subset))
    for position, code in enumerate(subset):
        text = "\ufffd" if code == 0 else _stands_for.get(code)
        if text is not None:
            cmap = cmap.replace(f"<{position:02X}> <{code:04X}>", f"<{position:02X}> <{utf16(text)}>")
    return cmap


def utf16(text: str) -> str:
    """Write text as PDF writes it in angle brackets."""
    return text.encode("utf-16-be").hex().upper()


@lru_cache(maxsize=16)
def _harfbuzz(font_name: str) -> tuple[Any, Any]:
    font = pdfmetrics.getFont(font_name)
    return font, uharfbuzz.Font(font.hbFace)
