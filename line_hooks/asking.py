"""Who asks in the chat, in which language, and what the town's settings have to say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.chat_drafts import who_speaks
from domain.phones import dialled_phone, readable_phone
from domain.rich_menus import TILES, Tile, address_of, tiles_of
from domain.settings import read_setting
from line_hooks import flex
from line_hooks.answers import answer
from line_hooks.chat_cards import Cards, text_message, with_quick_replies
from line_hooks.incoming import Incoming, Tools, reply
from line_hooks.limits import JsonDict, safe_uri
from line_hooks.menu_api import tile_action
from models import ChatDraft, LineAccount, LineChannel, Member, RichMenuKind

NATIONAL_EMERGENCY = (
    {"name": "เจ็บป่วยฉุกเฉิน", "name_en": "Medical emergency", "phone": "1669"},
    {"name": "เหตุด่วนเหตุร้าย", "name_en": "Police", "phone": "191"},
    {"name": "ไฟไหม้", "name_en": "Fire", "phone": "199"},
)
"""Of the whole country: for a town that has set none, as nobody in danger is to be told that."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One question in the chat and what its answer needs.

    Attributes:
        session: The handler's.
        event: The press or the text.
        tools: What the handlers have from outside.
        account: The LINE account that asks; None for a stranger.
        language: Of the answer.
        draft: What the asker is in the middle of; None for nothing.
    """

    session: Session
    event: Incoming
    tools: Tools
    account: LineAccount | None
    language: str
    draft: ChatDraft | None = None

    @classmethod
    def of(cls, session: Session, event: Incoming, tools: Tools) -> Asking:
        """Look up who asks, and what he is in the middle of."""
        account, draft = who_speaks(session, event.channel, event.user_id)
        return cls(session, event, tools, account, account.language if account else "th", draft)

    @property
    def is_english(self) -> bool:
        """Tell whether the answer is to be English."""
        return self.language == "en"

    @property
    def for_citizen(self) -> bool:
        """Tell whether it was asked on the citizens' channel."""
        return self.event.channel is LineChannel.CITIZEN

    def pick(self, thai: str, english: str) -> str:
        """Return the one of two texts that is in the reader's language."""
        return english if self.is_english else thai

    def town(self, key: str) -> str:
        """Return a text of the town's settings, in English where there is one and it is wanted."""
        if self.is_english and f"{key}_en" in {"municipality_name_en", "address_en"}:
            return str(read_setting(self.session, f"{key}_en")) or str(read_setting(self.session, key))
        return str(read_setting(self.session, key))

    @property
    def member(self) -> Member | None:
        """Return whom the asking account belongs to; the shared member, and one switched off, is nobody."""
        member = self.account.member if self.account else None
        return member if member is not None and member.is_active and not member.is_shared else None

    @property
    def phone(self) -> str:
        """Return the town's telephone number as people write it; empty without one."""
        return readable_phone(self.town("contact_phone"))

    @property
    def emergency(self) -> list[tuple[str, str]]:
        """Return the emergency numbers the town has set: pairs of a name and a number."""
        rows = read_setting(self.session, "emergency_phones")
        return [(self.pick(one["name"], one.get("name_en") or one["name"]), one["phone"]) for one in rows]

    @property
    def emergency_or_national(self) -> list[tuple[str, str]]:
        """Return the emergency numbers to be shown: the town's, else those of the whole country."""
        return self.emergency or [
            (self.pick(one["name"], one["name_en"]), one["phone"]) for one in NATIONAL_EMERGENCY
        ]

    def pictures(self) -> list[JsonDict]:
        """Return the buttons of the phone's camera and its album; a PC shows none."""
        return [
            {"type": "camera", "label": self.pick("ถ่ายภาพ", "Take a photo")},
            {"type": "cameraRoll", "label": self.pick("เลือกภาพ", "Choose photos")},
        ]

    @property
    def cards(self) -> Cards:
        """Return the maker of cards in the town's colour."""
        return Cards(str(read_setting(self.session, "colour_primary")), self.tools.allows_http)

    def words(self, code: str, **facts: object) -> str:
        """Return one of the plain answers in the reader's language."""
        emergency = " · ".join(f"{name} {readable_phone(number)}" for name, number in self.emergency)
        known = {
            "municipality": self.town("municipality_name"),
            "phone": self.phone,
            "track_url": self.tools.track_url,
            "emergency": emergency,
        }
        return answer(code, self.language, **{**known, **facts})

    def calls(self) -> list[JsonDict]:
        """Return the action that dials the town; nothing without a number."""
        number = dialled_phone(self.town("contact_phone"))
        label = f"{self.pick('โทร', 'Call')} {self.phone}"
        return [flex.uri_action(label, safe_uri(f"tel:{number}"))] if number else []

    def tile_actions(self, tiles: Sequence[Tile]) -> list[JsonDict]:
        """Return quick replies that do what tiles do; they ask us in the chat, where a card follows."""
        return [tile_action(tile, "", language=self.language) for tile in tiles]

    def menu_actions(self, *codes: str) -> list[JsonDict]:
        """Return quick replies for the named tiles."""
        return self.tile_actions([TILES[code] for code in codes])

    def citizen_tiles(self) -> tuple[Tile, ...]:
        """Return the tiles of the citizens' menu."""
        return tiles_of(self.session, RichMenuKind.CITIZEN)

    def address_of(self, code: str) -> str:
        """Return the town's own address behind a tile; empty without one."""
        return address_of(self.session, TILES[code])

    def say(self, code: str, *quick: str, dedupe_key: str | None = None, **facts: object) -> str:
        """Answer with one of the plain texts and quick replies; return its code."""
        message = with_quick_replies(text_message(self.words(code, **facts)), self.menu_actions(*quick))
        reply(self.session, self.event, [message], dedupe_key, self.language)
        return code

    def show(self, code: str, message: JsonDict, *quick: str, first: Sequence[JsonDict] = ()) -> str:
        """Answer with a card and quick replies, ``first`` before those of tiles; return the code."""
        message = with_quick_replies(message, [*first, *self.menu_actions(*quick)])
        reply(self.session, self.event, [message], language=self.language)
        return code
