"""The texts of a message template: ``{number}`` stands for the fact of that name.

``{{`` and ``}}`` are braces. What a person wrote goes in as it is and is never looked at again for
placeholders, so a story with ``{number}`` in it stays a story.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from line_hooks.facts import ALT_FACTS, FACT_NAMES, SHORT_NAMES, UNBROKEN_FACTS
from line_hooks.limits import DASH, CardProblem, clean

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class TemplateProblem(CardProblem):
    """A template's words cannot be used as they stand.

    Attributes:
        word: Which text of the template.
        placeholder: The placeholder at fault; empty when something else is.
        code: ``missing_word``, ``unknown_placeholder``, ``stray_brace`` or ``private_in_alt``.
    """

    def __init__(self, code: str, word: str, placeholder: str = "") -> None:
        said = f" {{{placeholder}}}" if placeholder else ""
        super().__init__(f"template text {word!r}: {code.replace('_', ' ')}{said}")
        self.code = code
        self.word = word
        self.placeholder = placeholder


def fill(words: Mapping[str, str], word: str, facts: Mapping[str, object]) -> str:
    """Return one text of a template with its placeholders replaced, cleaned.

    In a text of several lines, a line that names an empty fact is left out; in a single line the empty
    fact becomes a dash.

    Raises:
        TemplateProblem: The text is missing, a placeholder has no fact, or a brace stands alone.
    """
    if word not in words:
        raise TemplateProblem("missing_word", word)
    lines = clean(words[word]).split("\n")
    filled = [_filled(line, word, facts) for line in lines]
    if len(lines) == 1:
        return clean(filled[0][0])
    return clean("\n".join(line for line, is_whole in filled if is_whole))


def _filled(line: str, word: str, facts: Mapping[str, object]) -> tuple[str, bool]:
    """Return the line with its facts, and whether each of them had something to say."""
    is_whole = True
    parts: list[str] = []
    end = 0
    for found in _TOKEN.finditer(line):
        value = _brace(found[0]) if found[1] is None else _fact(found[1], word, facts)
        if value is None:
            raise TemplateProblem("stray_brace", word)
        is_whole = is_whole and value != ""
        parts += [line[end : found.start()], value or DASH]
        end = found.end()
    return "".join([*parts, line[end:]]), is_whole


def _brace(token: str) -> str | None:
    return token[0] if len(token) == 2 else None


def _fact(name: str, word: str, facts: Mapping[str, object]) -> str:
    full_name = SHORT_NAMES.get(name, name)
    value = facts.get(full_name)
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise TemplateProblem("unknown_placeholder", word, name)
    return unbroken(clean(str(value))) if full_name in UNBROKEN_FACTS else clean(str(value))


def unbroken(text: str) -> str:
    """Return the text with spaces that no line may break at: a date, or ``เขต 3``."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def named_in(text: str) -> frozenset[str]:
    """Return the full names of the facts a template text names."""
    names = (found[1] for found in _TOKEN.finditer(text) if found[1] is not None)
    return frozenset(SHORT_NAMES.get(name, name) for name in names)


def fill_alt(words: Mapping[str, str], facts: Mapping[str, object]) -> str:
    """Return the text for the lock screen, which may name the case and its state but no person or place.

    Raises:
        TemplateProblem: As ``fill``; also when another fact is named.
    """
    private = named_in(words.get("alt", "")) & (FACT_NAMES - ALT_FACTS)
    if private:
        raise TemplateProblem("private_in_alt", "alt", min(private))
    return fill(words, "alt", facts)
