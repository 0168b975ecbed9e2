"""Thai text: cleaned before it is stored, normalised for search, keyed for sorting, cut without breaking."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Final

from domain.errors import InvalidField, MissingField
from domain.thai_calendar import TO_THAI_DIGITS

MAX_STACKED_MARKS: Final = 3  # Thai needs two (ี่), a pointed Hebrew letter three

_TO_ARABIC_DIGITS: Final = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")

_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES: Final = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# What nobody sees but searches, PDF, Excel and the eye stumble over: controls, NUL, soft hyphen, lone
# surrogates, bidi overrides and isolates, zero-width letters, tags, non-characters (not allowed in XML).
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF) for plane in range(1, 17))
    + "]"
)
# Thai needs no joiners; a zero-width joiner stays only where it makes one picture of two.
_PICTURE: Final = "\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"
_STRAY_JOINER: Final = re.compile(f"(?<![{_PICTURE}])\u200d|\u200d(?![{_PICTURE}])")

# Old Windows fonts kept shifted marks in the private area, and copies from PDF still bring them.
# Source: the SD, SDL, SL and RD mappings of HarfBuzz, hb-ot-shaper-thai.cc.
_SHIFTED_GLYPHS: Final = str.maketrans(
    dict(
        zip(
            map(chr, range(0xF700, 0xF71B)),
            "ฐ\u0e34\u0e35\u0e36\u0e37\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e48\u0e49\u0e4a\u0e4b\u0e4cญ"
            "\u0e31\u0e4d\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e38\u0e39\u0e3a",
            strict=True,
        )
    )
)
_TONES: Final = "\u0e48-\u0e4c"  # the four tone marks and thanthakhat, typed after the vowel
_THAI_MARKS: Final = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_NIKHAHIT_AA: Final = re.compile(f"\u0e4d([{_THAI_MARKS}]*)\u0e32")
_TONE_AFTER_AM: Final = re.compile(f"\u0e33[\u0e33{_TONES}]+")
# Runs of what may be combining marks; the Thai letters and everything below U+0300 surely are not.
_MAYBE_MARKS: Final = re.compile("[^\x00-\u02ff\u0e01-\u0e30\u0e32\u0e33\u0e3f-\u0e46\u0e4f-\u0e5b]{2,}")

# Nearly every text there is: printable ASCII, and Thai with at most a vowel and a tone on a letter, in their
# order. Nothing in it needs repair, which a test tries with both. Possessive, so that it never goes back.
_PLAIN: Final = re.compile(
    f"(?:[ -~ก-\u0e30\u0e32\u0e3f\u0e41-\u0e46\u0e4f-\u0e5b]++|\u0e40(?!\u0e40)"
    f"|\u0e33(?![\u0e33{_TONES}])|(?:[\u0e31\u0e34-\u0e39][{_TONES}]?|[\u0e47-\u0e4c])(?![{_THAI_MARKS}]))*+"
)

_DASHES: Final = re.compile("[\u2010-\u2015\u2212]")
_LEADING_VOWEL: Final = re.compile("([เ-ไ])([ก-ฮ])")
_SECONDARY_MARK: Final = re.compile("[\u0e47-\u0e4e]")
_SPACE_BEFORE_NUMBER: Final = re.compile(r"(?<=[^\d ]) (?=\d)", re.ASCII)
_SIGNS: Final = str.maketrans("ฯๆ", "#$")  # signs stand before digits and letters
_NO_MARK: Final = "!"
_LEVEL_END: Final = "\t"  # below the space, so that กา stands before กา ข


def to_arabic_digits(text: str) -> str:
    """Turn Thai digits into 0-9 and leave the rest alone."""
    return text.translate(_TO_ARABIC_DIGITS)


def to_thai_digits(text: str) -> str:
    """Turn 0-9 into Thai digits, as official letters use them (003-32), and leave the rest alone."""
    return text.translate(TO_THAI_DIGITS)


def clean_text(
    text: str | None, *, max_length: int, field: str, multiline: bool = True, required: bool = False
) -> str:
    r"""Make typed text fit to be stored, without losing a visible word.

    Composes Unicode (NFC), puts Thai marks in their order (sara am in one letter, tone after vowel, double เ
    to แ), keeps at most three different marks on a letter and drops what is invisible. Line ends become
    ``\n``; at most one empty line stays between two others.

    Args:
        text: As it came from the outside; None counts as empty.
        max_length: Longest cleaned text, in Python characters.
        field: Name of the form field, for the error.
        multiline: False turns line ends and tabs into single spaces.
        required: Refuse a text that is empty after cleaning.

    Raises:
        InvalidField: ``text_too_long``.
        MissingField: Nothing is left of a required text.
    """
    cleaned = _tidy_lines(_normalise(text or "")) if multiline else " ".join(_normalise(text or "").split())
    if required and not cleaned:
        raise MissingField(field=field)
    if len(cleaned) > max_length:
        raise InvalidField("text_too_long", field=field, max=max_length, length=len(cleaned))
    return cleaned


def required_text(text: str | None, code: str, *, max_length: int, field: str, multiline: bool = True) -> str:
    """Return a cleaned text that must say something; ``code`` is the message when it does not.

    Raises:
        InvalidField: ``text_too_long``.
        MissingField: with ``code``.
    """
    cleaned = clean_text(text, max_length=max_length, field=field, multiline=multiline)
    if not cleaned:
        raise MissingField(code, field=field)
    return cleaned


def search_form(text: str) -> str:
    """Return the form in which two spellings of one text meet, for substring search.

    Beyond cleaning: folded case, Arabic digits, single spaces, every dash as ``-``, no space before ๆ.
    The stored column and the typed term must both go through it.
    """
    if _PLAIN.fullmatch(text):  # Without dashes to fold, and as plain when its case is folded.
        return " ".join(text.casefold().translate(_TO_ARABIC_DIGITS).split()).replace(" ๆ", "ๆ")
    return _repaired_form(text)


def _repaired_form(text: str) -> str:
    folded = _normalise(_normalise(text).casefold()).translate(_TO_ARABIC_DIGITS)
    spaced = " ".join(_DASHES.sub("-", folded).replace("\ufe0e", "").replace("\ufe0f", "").split())
    return unicodedata.normalize("NFC", spaced.replace(" ๆ", "ๆ"))


def sort_key(text: str) -> str:
    """Return a key whose plain binary order is Thai dictionary order.

    A leading vowel counts after its consonant, tone marks decide only between words equal without them,
    case does not count, numbers sort by value with or without a space before them. Works under SQLite's
    BINARY, PostgreSQL's "C" and Python. A key is at most about three times as long as its text, so store it
    in a column without a limit.

    Source:
        The order of the Royal Institute dictionary: ก-ฮ, then vowels by their code points, marks last.
    """
    turned = _LEADING_VOWEL.sub(r"\2\1", _SPACE_BEFORE_NUMBER.sub("", search_form(text)))
    letters = re.sub("[0-9]+", _number_key, _SECONDARY_MARK.sub("", turned).translate(_SIGNS))
    marks = "".join(char if _SECONDARY_MARK.match(char) else _NO_MARK for char in turned)
    return f"{letters}{_LEVEL_END}{marks.rstrip(_NO_MARK)}".rstrip(_LEVEL_END)


def graphemes(text: str) -> Iterator[str]:
    """Yield what a reader takes for one letter each: a base with its marks, an emoji, a flag, a line end.

    Follows the extended clusters of UAX 29 as far as Thai, Latin and emoji need it; that is also how LINE
    counts labels.
    """
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not _joined(text, start, at):
            yield text[start:at]
            start = at


def grapheme_truncate(text: str, n: int, ellipsis: str = "…") -> str:
    """Cut a text to at most ``n`` letters as a reader counts them, the ellipsis included.

    A leading vowel (เ แ โ ใ ไ) is never left without its consonant.
    """
    clusters = list(islice(graphemes(text), max(n, 0) + 1))
    if len(clusters) <= n:
        return text
    room = n - sum(1 for _ in graphemes(ellipsis))
    if room <= 0:
        return "".join(clusters[: max(n, 0)])
    return _whole_end("".join(clusters[:room])) + ellipsis


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, as LINE counts message texts (an emoji is two)."""
    return len(text) + sum(1 for char in text if char > "\uffff")


def utf16_truncate(text: str, n: int, ellipsis: str = "…") -> str:
    """Cut a text to at most ``n`` UTF-16 code units, the ellipsis included, without breaking a letter."""
    if utf16_length(text) <= n:
        return text
    room = n - utf16_length(ellipsis)
    kept: list[str] = []
    for cluster in graphemes(text):
        room -= utf16_length(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return _whole_end("".join(kept)) + ellipsis if kept else ""


def mask_name(name: str) -> str:
    """Hide a person's name but for the first letter of each word: ``สมชาย ใจดี`` becomes ``สxxx ใจxxx``.

    Every mask has the same length, so that it tells nothing about the rest.
    """
    return " ".join(f"{_first_letter(word)}xxx" for word in name.split())


def _normalise(text: str) -> str:
    """Compose, repair Thai and drop the invisible; line ends become a line feed, spaces plain."""
    return text if _PLAIN.fullmatch(text) else _repair(text)


def _repair(text: str) -> str:
    spaced = _SPACES.sub(" ", _LINE_ENDS.sub("\n", text)).translate(_SHIFTED_GLYPHS)
    visible = _STRAY_JOINER.sub("", _INVISIBLE.sub("", spaced))
    composed = unicodedata.normalize("NFC", visible).replace("เเ", "แ")
    with_am = _TONE_AFTER_AM.sub(_tones_first, _NIKHAHIT_AA.sub("\\1\u0e33", composed))
    return unicodedata.normalize("NFC", _MAYBE_MARKS.sub(_calm_marks, with_am))


def _tidy_lines(text: str) -> str:
    return re.sub("\n{3,}", "\n\n", re.sub("[ \t]+\n", "\n", text)).strip()


def _tones_first(match: re.Match[str]) -> str:
    run = match.group()
    return run.replace("\u0e33", "") + "\u0e33" * run.count("\u0e33")


def _calm_marks(match: re.Match[str]) -> str:
    """Order the marks of each letter in a run and keep the first three different ones."""
    calmed: list[str] = []
    marks: list[str] = []
    for char in match.group():
        if unicodedata.category(char) in ("Mn", "Me"):
            marks.append(char)
        else:
            calmed += [*_few(marks), char]
            marks = []
    return "".join(calmed + _few(marks))


def _few(marks: list[str]) -> list[str]:
    return sorted(dict.fromkeys(marks), key=lambda mark: "\u0e48" <= mark <= "\u0e4c")[:MAX_STACKED_MARKS]


def _number_key(match: re.Match[str]) -> str:
    """Put the number of digits before the digits: 2 becomes 12, 10 becomes 210, nine digits begin 9009."""
    digits = match.group().lstrip("0") or "0"
    size = len(digits)
    return f"{size}{digits}" if size < 9 else f"9{min(size, 999):03}{digits}"


def _joined(text: str, start: int, at: int) -> bool:
    """Tell whether the letter at ``at`` still belongs to the cluster that began at ``start``."""
    before, char = text[at - 1], text[at]
    if before in "\r\n":
        return before == "\r" and char == "\n"
    if _extends(char):
        return True
    if before == "\u200d":
        return _is_picture(text[start]) and _is_picture(char)
    return _is_flag_half(char) and _is_flag_half(before) and at - start == 1


def _extends(char: str) -> bool:
    return (
        char in "\u0e33\u0eb3\u200d"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or unicodedata.category(char) in ("Mn", "Me", "Mc")
    )


def _is_picture(char: str) -> bool:
    return (
        "\u2190" <= char <= "\u2bff"
        or "\U0001f000" <= char <= "\U0001faff"
        or char in "\u3030\u303d\u3297\u3299"
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _whole_end(text: str) -> str:
    return text.rstrip().rstrip("เแโใไ").rstrip()


def _first_letter(word: str) -> str:
    first, *second = islice(graphemes(word), 2)
    return first + second[0] if second and first in "เแโใไ" else first
