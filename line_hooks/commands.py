"""Commands: what people write, and what a tile of the menu sends, becomes one and the same answer.

LINE on a PC shows no menu, so everything in one can be said in words; spelling is forgiven: capitals, spaces,
punctuation and polite endings do not count. A command is a wish, never a right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from domain.actor import Actor
from domain.errors import NotPermitted
from domain.rich_menus import STAFF_MENUS, TILES, Tile, follow_rights, staff_menu_kind
from domain.staff_actor import actor_of_staff
from domain.thai_text import to_arabic_digits
from line_hooks import citizen_answers, officer_talk, register_talk, staff_answers, talks
from line_hooks.asking import Asking
from line_hooks.chat_cards import says, text_message, with_quick_replies
from line_hooks.incoming import reply
from line_hooks.link_events import (
    CONFIRM_COMMANDS,
    LINK_COMMANDS,
    UNLINK_COMMANDS,
    ask_unlinking,
    start_linking,
    unlink_here,
)
from models import LineChannel, RichMenuKind

LONGEST_COMMAND: Final = 60

_ENDINGS: Final = ("นะครับ", "นะคะ", "นะค่ะ", "หน่อยครับ", "หน่อยค่ะ", "ครับ", "ค่ะ", "คะ", "จ้า", "หน่อย", "please")

_BOTH: Final[Mapping[str, tuple[str, ...]]] = {
    "menu": ("เมนู", "menu", "คำสั่ง", "commands", "help", "ช่วยเหลือ", "เริ่ม", "start"),
    "cancel": (talks.CANCEL.th, "เลิก", "ไม่แจ้งแล้ว", talks.CANCEL.en),
    "skip": (talks.SKIP.th, "ไม่มี", talks.SKIP.en),
    "send": (talks.SEND.th, "ส่งเรื่อง", talks.SEND.en),
    "go_on": (talks.GO_ON.th, "ทำต่อจากเดิม", "ร่างที่ค้าง", talks.GO_ON.en, "resume"),
    "thai": ("ไทย", "ภาษาไทย", "thai", "language thai"),
    "english": ("english", "eng", "ภาษาอังกฤษ", "อังกฤษ"),
}
_CITIZEN: Final[Mapping[str, tuple[str, ...]]] = {
    "report": (
        *("แจ้งเรื่อง", "แจ้งปัญหา", "แจ้งเหตุ", "แจ้ง", "ร้องเรียน", "ร้องทุกข์", "ร้องเรียนร้องทุกข์"),
        *("แจ้งเรื่องร้องเรียน", "แจ้งเรื่องร้องทุกข์", "report", "report a problem", "complain", "complaint"),
    ),
    "follow": (
        *("ติดตาม", "ติดตามเรื่อง", "ติดตามผล", "ติดตามสถานะ", "เรื่องของฉัน", "สถานะ", "เช็คสถานะ"),
        *("follow", "follow up", "track", "status", "my case", "my cases"),
    ),
    "services": ("บริการ", "บริการออนไลน์", "service", "services", "e-service", "e-services", "eservice"),
    "emergency": (
        *("ฉุกเฉิน", "เหตุฉุกเฉิน", "เบอร์ฉุกเฉิน", "เหตุด่วน", "ไฟไหม้", "เจ็บป่วยฉุกเฉิน", "รถพยาบาล", "ตำรวจ"),
        *("1669", "191", "199", "emergency", "sos", "fire", "ambulance", "police"),
    ),
    "news": ("ข่าว", "ข่าวสาร", "ประกาศ", "ข่าวประชาสัมพันธ์", "ประชาสัมพันธ์", "news"),
    "contact": (
        *("ติดต่อ", "สอบถาม", "ติดต่อสอบถาม", "ติดต่อเจ้าหน้าที่", "ติดต่อเทศบาล", "เบอร์โทร", "เบอร์", "โทร"),
        *("ที่อยู่", "เวลาทำการ", "contact", "contact us", "phone", "telephone", "address"),
    ),
    "welfare": ("สวัสดิการ", "เบี้ยยังชีพ", "welfare"),
    "tax": ("ภาษี", "ชำระภาษี", "จ่ายภาษี", "tax", "taxes"),
    "waste": ("ค่าขยะ", "ชำระค่าขยะ", "จ่ายค่าขยะ", "waste fee", "garbage fee"),
    "information": ("ข้อมูล", "ข้อมูลข่าวสาร", "information", "info"),
    "register": ("ลงทะเบียน", "ลงทะเบียนประชาชน", "สมัครสมาชิก", "สมัคร", "register", "sign up"),
    "staff_door": ("เจ้าหน้าที่", "สำหรับเจ้าหน้าที่", "staff"),
    "executive_door": ("ผู้บริหาร", "สำหรับผู้บริหาร", "executive", "executives"),
}
_STAFF: Final[Mapping[str, tuple[str, ...]]] = {
    "my_work": ("งานของฉัน", "งานฉัน", "งาน", "งานวันนี้", "วันนี้", "สรุปงาน", "my work", "work", "today"),
    "new_cases": ("เรื่องใหม่", "งานใหม่", "ใหม่", "new", "new cases"),
    "overdue": ("เกินกำหนด", "งานเกินกำหนด", "overdue", "late"),
    "record_result": ("รายงานผล", "บันทึกผล", "ส่งงาน", "ผล", "result", "results", "record results"),
    "statistics": ("สถิติ", "ตัวเลข", "statistics", "stats", "figures"),
    "my_account": ("บัญชีของฉัน", "บัญชี", "โปรไฟล์", "ข้อมูลของฉัน", "my account", "account", "profile", "me"),
    "overview": ("ภาพรวม", "ผลการดำเนินงาน", "overview", "summary"),
    "late_cases": ("เรื่องล่าช้า", "ล่าช้า", "late cases"),
    "by_zone": ("งานตามเขต", "ตามเขต", "เขต", "by zone", "zone", "zones"),
    "by_type": ("ตามประเภท", "งานตามประเภท", "ประเภท", "by type", "type", "types"),
    "ratings": (*("คะแนนความพึงพอใจ", "ความพึงพอใจ", "พึงพอใจ", "คะแนน", "ratings", "rating", "satisfaction"),),
    "link": (*LINK_COMMANDS, "ผูก", "ผูกไลน์", "link my account"),
    "officer_request": ("ลงทะเบียน", "ลงทะเบียนเจ้าหน้าที่", "สมัคร", "register", "register as officer"),
    "unlink": (*UNLINK_COMMANDS, "เลิกผูกบัญชี", "ยกเลิกผูก", "ยกเลิกการผูก"),
    "unlink_confirmed": CONFIRM_COMMANDS,
    "administrator": ("ติดต่อผู้ดูแล", "ผู้ดูแล", "ผู้ดูแลระบบ", "ติดต่อ", "administrator", "admin", "contact"),
    "guide": ("วิธีใช้", "คู่มือ", "guide", "how it works", "how to"),
}


def _bare(text: str) -> str:
    """Return a text as commands are compared: no case, no spaces, no punctuation, no polite ending."""
    folded = to_arabic_digits(unicodedata.normalize("NFKC", text)).casefold()
    # Letters, digits and what belongs to them: Thai vowels and tone marks are marks.
    bare = "".join(char for char in folded if unicodedata.category(char)[0] in "LMN")
    for ending in _BARE_ENDINGS:
        if bare.endswith(ending) and len(bare) > len(ending):
            return bare.removesuffix(ending)
    return bare


_BARE_ENDINGS: Final = tuple(
    re.sub(r"\s", "", unicodedata.normalize("NFKC", ending))
    for ending in sorted(_ENDINGS, key=len, reverse=True)
)


def _words(*tables: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for table in tables:
        for code, spoken in table.items():
            for one in (*spoken, *(TILES[code].label if code in TILES else ())):
                yield _bare(one), code


COMMANDS: Final[Mapping[LineChannel, Mapping[str, str]]] = {
    LineChannel.CITIZEN: dict(_words(_CITIZEN, _BOTH)),
    LineChannel.STAFF: dict(_words(_STAFF, _BOTH)),
}
"""The code of every word we understand, by channel."""


def command_of(channel: LineChannel, text: str) -> str | None:
    """Return the command a text is; None where it is none."""
    if len(text) > LONGEST_COMMAND:
        return None
    return COMMANDS[channel].get(_bare(text))


def perform(ask: Asking, code: str) -> str:
    """Answer a command or a tile and return a word for the log; the caller commits.

    A tile of the other channel, which a menu of ours never shows there, is answered with the menu.
    """
    if code in _LINKING and not ask.for_citizen:
        return _linking(ask, code)
    if code in _PLAIN:
        return _PLAIN[code](ask)
    if ask.for_citizen and code in citizen_answers.ANSWERS:
        return citizen_answers.ANSWERS[code](ask)
    if not ask.for_citizen and code in staff_answers.ANSWERS:
        return staff_answers.answer_officer(ask, code)
    return menu(ask)


def menu(ask: Asking) -> str:
    """List what the chat can do, with buttons that do it."""
    tiles = _tiles(ask)
    said = "\n".join(f"• {ask.pick(*tile.label)} — {ask.pick(*tile.hint)}" for tile in tiles)
    message = text_message(f"{ask.words('menu')}\n{said}")
    other = says("English", "English") if not ask.is_english else says("ภาษาไทย", "ไทย")
    answer = with_quick_replies(message, [*ask.tile_actions(tiles), other])
    reply(ask.session, ask.event, [answer], language=ask.language)
    return "menu"


def menu_codes(ask: Asking) -> tuple[str, ...]:
    """Return the tiles of the menu this person has."""
    return tuple(tile.code for tile in _tiles(ask))


def _tiles(ask: Asking) -> tuple[Tile, ...]:
    if ask.for_citizen:
        return ask.citizen_tiles()
    officer = _officer(ask)
    kind = staff_menu_kind(officer) if officer else RichMenuKind.GUEST
    return tuple(TILES[code] for code in STAFF_MENUS[kind])


def _officer(ask: Asking) -> Actor | None:
    if ask.account is None or ask.account.staff_user_id is None:
        return None
    try:
        lookups = ask.tools.lookups(ask.session)
        return actor_of_staff(ask.session, ask.account.staff_user_id, "line", lookups=lookups)
    except NotPermitted:
        return None


def _speak(language: str) -> Callable[[Asking], str]:
    def change(ask: Asking) -> str:
        if ask.account is not None:
            ask.account.language = language
            ask.session.flush()
        changed = replace(ask, language=language)
        return changed.say("language", *menu_codes(changed))

    return change


def _guide(ask: Asking) -> str:
    return menu(ask) if ask.for_citizen else ask.say("officer_guide", *menu_codes(ask))


def _administrator(ask: Asking) -> str:
    return menu(ask) if ask.for_citizen else ask.say("ask_administrator", "link", "guide")


def _officer_request(ask: Asking) -> str:
    return menu(ask) if ask.for_citizen else officer_talk.register(ask)


def _register(ask: Asking) -> str:
    return register_talk.register(ask) if ask.for_citizen else officer_talk.register(ask)


_PLAIN: Final[Mapping[str, Callable[[Asking], str]]] = {
    "menu": menu,
    "thai": _speak("th"),
    "english": _speak("en"),
    "cancel": talks.cancel,
    "skip": talks.skip,
    "send": talks.send,
    "go_on": talks.go_on,
    "guide": _guide,
    "administrator": _administrator,
    "officer_request": _officer_request,
    "register": _register,
}
_LINKING: Final = {"link": start_linking, "unlink": ask_unlinking, "unlink_confirmed": unlink_here}


def _linking(ask: Asking, code: str) -> str:
    said = _LINKING[code](ask.session, ask.event, ask.tools)
    if said == "parted":
        follow_rights(ask.session)
    return said
