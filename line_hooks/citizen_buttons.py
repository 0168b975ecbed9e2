"""The buttons on a citizen's cards, by the action they carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from line_hooks.asking import Asking
from line_hooks.citizen_cases import COMMENT, OPENS, rate, show_case
from line_hooks.citizen_words import opens_words
from line_hooks.postback import Postback

CITIZEN_BUTTONS: Final[dict[str, Callable[[Asking, Postback], str]]] = {
    "rate": rate,
    "case": show_case,
    **{name: opens_words(name) for name in (*OPENS, COMMENT)},
}
