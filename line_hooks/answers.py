"""Short plain answers to what somebody just pressed or wrote in the chat, Thai and English.

Refusals come from the rules' own messages (``DomainError.message_in``); here stands the rest.
"""

from __future__ import annotations

from string import Formatter
from typing import Final

from domain.errors import Words

ANSWERS: Final[dict[str, Words]] = {
    "acknowledged": Words(
        th="บันทึกแล้วว่าท่านรับทราบเรื่อง {number} ขอบคุณ",
        en="Noted: you have acknowledged complaint {number}. Thank you.",
    ),
    "rated": Words(
        th="ขอบคุณที่ให้ {stars} คะแนน เรื่อง {number}\nกดคะแนนอื่นเพื่อเปลี่ยนได้ภายใน {days} วัน",
        en="Thank you for giving {stars} out of 5 to complaint {number}.\n"
        "You can change it within {days} days by tapping another score.",
    ),
    "unknown_button": Words(
        th="ปุ่มนี้ใช้ไม่ได้แล้ว กรุณาใช้ปุ่มในข้อความล่าสุดของเรื่องนี้",
        en="This button no longer works. Please use the latest message about this complaint.",
    ),
    "private_chat": Words(
        th="กรุณากดปุ่มนี้ในแชตส่วนตัวกับบัญชีนี้ ไม่ใช่ในกลุ่ม",
        en="Please press this button in your own chat with this account, not in a group.",
    ),
    "officer_not_linked": Words(
        th="บัญชี LINE นี้ยังไม่ได้ผูกกับเจ้าหน้าที่ที่ใช้งานอยู่ กรุณาแจ้งผู้ดูแลระบบ",
        en="This LINE account does not belong to an active officer. Please ask the administrator.",
    ),
    "citizen_not_linked": Words(
        th="บัญชี LINE นี้ยังไม่ได้ผูกกับผู้แจ้งเรื่องนี้\nสอบถามเทศบาล โทร {phone}\nติดตามเรื่อง {track_url}",
        en="This LINE account is not linked to whoever reported this.\n"
        "Ask the municipality: {phone}\nFollow a complaint: {track_url}",
    ),
    "citizen_help": Words(
        th="ขอบคุณที่ส่งข้อความถึง{municipality}\n"
        "แชตนี้ใช้ส่งความคืบหน้าของเรื่องที่แจ้งไว้ ยังไม่มีเจ้าหน้าที่อ่านข้อความที่ส่งมาทางนี้\n"
        "แจ้งเรื่องหรือสอบถาม โทร {phone}\n"
        "ติดตามเรื่องของท่าน {track_url}\n"
        "เหตุฉุกเฉิน โทร {emergency}",
        en="Thank you for writing to {municipality}.\n"
        "This chat brings you news of your complaints; nobody reads what is written here yet.\n"
        "To report or ask, call {phone}\n"
        "Follow your complaint: {track_url}\n"
        "In an emergency call {emergency}",
    ),
    "staff_help": Words(
        th="แชตนี้ส่งงานถึงเจ้าหน้าที่และรับเฉพาะการกดปุ่ม ไม่มีใครอ่านข้อความที่พิมพ์มา\nเรื่องอื่นกรุณาทำในระบบหลังบ้าน",
        en="This chat brings work to officers and takes buttons only; nobody reads what is typed here.\n"
        "For anything else please use the back office.",
    ),
}


def answer(code: str, language: str, **facts: object) -> str:
    """Return the text of an answer; a line that names an empty fact is left out.

    Raises:
        KeyError: no such answer, or a fact is missing.
    """
    text = ANSWERS[code].en if language == "en" else ANSWERS[code].th
    lines = [line for line in text.split("\n") if all(facts[name] not in {"", None} for name in _names(line))]
    return "\n".join(line.format(**facts) for line in lines)


def _names(line: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(line) if name]
