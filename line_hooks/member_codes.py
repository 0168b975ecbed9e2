"""The code of a QR at the counter, sent from a citizen's phone: ``ผูก 4KD2M9XWQ7``."""

from __future__ import annotations

import re
from typing import Final

from domain.errors import DomainError
from domain.member_line import tie_member_line
from line_hooks.asking import Asking
from line_hooks.chat_cards import text_message
from line_hooks.incoming import reply
from models import LineChannel

_LONGEST: Final = 40
_CODE: Final = re.compile(r"\s*(?:ผูก|link)[\s:]*((?:[0-9A-Za-z][\s-]?){10})\s*", re.IGNORECASE)


def code_in(channel: LineChannel, text: str) -> str | None:
    """Return the code a citizen has sent; None when the text is something else."""
    if channel is not LineChannel.CITIZEN or len(text) > _LONGEST:
        return None
    found = _CODE.fullmatch(text)
    return found[1].strip() if found else None


def tie(ask: Asking, code: str) -> str:
    """Tie the phone to the member of the code and say whose it is now; the caller commits."""
    try:
        with ask.session.begin_nested():
            member = tie_member_line(ask.session, ask.event.user_id, code, ask.event.at)
    except DomainError as refusal:
        reply(ask.session, ask.event, [text_message(refusal.message_in(ask.language))])
        return refusal.code
    reply(ask.session, ask.event, [text_message(ask.words("member_tied", name=member.full_name))])
    return "member_tied"
