"""Thai text for print: what may not be printed, and where a line may begin. Knows no PDF library."""

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

THAI = re.compile("[\u0e00-\u0e7f]")
SPLIT_SARA_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab and line ends
    "\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc"  # unseen, bidi
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U0010ffff]"  # surrogates, private, none
)

LETTER = "[\u0e01-\u0e3a\u0e40-\u0e4e]"  # Thai without digits and signs
LEADING = "\u0e40-\u0e44"  # vowels written before their consonant: never last in a line
MARKS = "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"  # above or below a letter: never first
FOLLOWING = f"{MARKS}\u0e2f\u0e30\u0e32\u0e33\u0e45\u0e46"  # never first either: ฯ ะ า ำ ๅ ๆ
OPENING = ".([{\u201c\u2018\xab\u0e3f"  # never last; a full stop without a space is an abbreviation's
CLOSING = ".,:;!?%)}\u201d\u2019\xbb"  # never first
LINE_MAY_BEGIN = re.compile(
    rf"""(?!\Z) (?:
      (?<=[ ]) (?![ \u0e2f\u0e46])                  # after spaces, but ๆ stays with its word
      | (?<![\s{OPENING}{LEADING}]) (?![\s\]{CLOSING}{FOLLOWING}])
        (?: (?<={LETTER}) | (?={LETTER}) )          # between words, one of them Thai
      | (?<=\ufffc) | (?=\ufffc)                    # on both sides of a picture
    )""",
    re.VERBOSE,
)
CLUSTER = re.compile(f"[{LEADING}]?[^{LEADING}]?[{MARKS}]*[\u0e30\u0e32\u0e33\u0e45]?[{MARKS}]*", re.DOTALL)


def clean(text: str) -> str:
    """Drop what must not reach a printer and write sara am as one letter.

    Control characters, joiners, lone surrogates and private letters go; tabs and line ends stay. NIKHAHIT and
    SARA AA typed apart, with or without a tone mark between, become SARA AM: ำ prints and compares alike.
    """
    return SPLIT_SARA_AM.sub("\\1\u0e33", UNPRINTABLE.sub("", text))


def has_thai(text: str) -> bool:
    """Tell whether there is any Thai in it."""
    return THAI.search(text) is not None


def learn(words: Iterable[str]) -> None:
    """Keep these words (names of communities and roads) whole from now on, for the life of the process."""
    dictionary = _dictionary()
    new = [word for word in words if has_thai(word) and word not in dictionary]
    for word in new:
        dictionary.add(word)
    if new:
        line_starts.cache_clear()


@lru_cache(maxsize=512)
def line_starts(text: str) -> tuple[int, ...]:
    """List the positions, after the first letter, where a new line may begin.

    Lines begin after spaces and between Thai words, never with a mark, a closing sign or ๆ.
    """
    ends: set[int] = set()
    position = 0
    for word in _segment(text):
        position += len(word)
        ends.add(position)
    return tuple(match.start() for match in LINE_MAY_BEGIN.finditer(text, 1) if match.start() in ends)


def clusters(word: str) -> list[str]:
    """Cut a word that is wider than its column into letters with their vowels and marks."""
    return [cluster for cluster in CLUSTER.findall(word) if cluster]


def _segment(text: str) -> list[str]:
    dictionary = _dictionary()
    from pythainlp.tokenize import newmm

    return list(newmm.segment(text, dictionary))


@lru_cache(maxsize=1)
def _dictionary() -> Any:
    """Load the Thai dictionary once (0.4 s, 70 MB)."""
    os.environ["PYTHAINLP_READ_ONLY"] = "1"  # else importing it makes a folder in the user's home
    from pythainlp.tokenize import word_dict_trie

    return word_dict_trie()
