"""The buttons of case cards in the officers' chat, by whoever the LINE account belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from line_hooks.asking import Asking
from line_hooks.officers import ACTS, GIVE, SEE
from line_hooks.postback import Postback
from line_hooks.result_talk import begin_result
from line_hooks.staff_cases import acknowledge, show_case, start
from line_hooks.staff_words import OPENS, opens_words
from line_hooks.statistics_answers import FIGURE_BUTTONS
from models import LineChannel

Act = Callable[[Asking, Postback], str]

BUTTONS: Final[dict[tuple[LineChannel, str], Act]] = {
    (LineChannel.STAFF, SEE): show_case,
    (LineChannel.STAFF, "acknowledge"): acknowledge,
    (LineChannel.STAFF, "start"): start,
    (LineChannel.STAFF, "result"): begin_result,
    (LineChannel.STAFF, GIVE): opens_words(GIVE),
    **{(LineChannel.STAFF, ACTS[action][0]): opens_words(ACTS[action][0]) for action in OPENS},
    **{(LineChannel.STAFF, action): act for action, act in FIGURE_BUTTONS.items()},
}
"""By channel and action of the button."""
