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
        th="บัญชี LINE นี้ยังไม่ได้ผูกกับเจ้าหน้าที่ที่ใช้งานอยู่ กด ผูกบัญชี หรือแจ้งผู้ดูแลระบบ",
        en="This LINE account does not belong to an active officer. Tap Link my account, or ask an "
        "administrator.",
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
        "เหตุฉุกเฉิน โทร {emergency}\n"
        "พิมพ์ เมนู เพื่อดูว่าแชตนี้ทำอะไรได้",
        en="Thank you for writing to {municipality}.\n"
        "This chat brings you news of your complaints; nobody reads what is written here yet.\n"
        "To report or ask, call {phone}\n"
        "Follow your complaint: {track_url}\n"
        "In an emergency call {emergency}\n"
        "Type menu to see what this chat can do.",
    ),
    "staff_help": Words(
        th="แชตนี้ส่งงานถึงเจ้าหน้าที่และรับเฉพาะคำสั่งสั้น ๆ ไม่มีใครอ่านข้อความที่พิมพ์มา\n"
        "พิมพ์ เมนู เพื่อดูคำสั่ง เรื่องอื่นกรุณาทำในระบบหลังบ้าน",
        en="This chat brings work to officers and takes short commands only; nobody reads what is typed.\n"
        "Type menu to see them. For anything else please use the back office.",
    ),
    "citizen_welcome": Words(
        th="ยินดีต้อนรับสู่{municipality}\n"
        "ที่นี่ท่านติดตามเรื่องที่แจ้งไว้ โทรเบอร์ฉุกเฉิน และดูข่าวกับบริการของเทศบาลได้\n"
        "ท่านที่แจ้งเรื่องไว้จะได้รับความคืบหน้าทางแชตนี้เมื่อผูกบัญชีแล้ว\n"
        "เริ่มที่เมนูด้านล่าง หรือพิมพ์ เมนู · For English type: English",
        en="Welcome to {municipality}.\n"
        "Here you can follow your complaint, call emergency numbers, and find news and services.\n"
        "Once your account is linked, news of your complaints comes to this chat.\n"
        "Begin with the menu below, or type menu · ภาษาไทย พิมพ์: ไทย",
    ),
    "staff_welcome": Words(
        th="แชตนี้สำหรับเจ้าหน้าที่ของ{municipality}\n"
        "เมื่อผูกบัญชีแล้ว งานใหม่ เตือนใกล้ครบกำหนด และสรุปประจำวันจะมาที่นี่ กดรับทราบได้จากการ์ด\n"
        "กด ผูกบัญชี เพื่อเริ่ม · For English type: English",
        en="This chat is for officers of {municipality}.\n"
        "Once your account is linked, new work, reminders and the daily summary come here, with a button to "
        "acknowledge.\n"
        "Tap Link my account to begin · ภาษาไทย พิมพ์: ไทย",
    ),
    "member_tied": Words(
        th="ผูก LINE นี้กับ {name} แล้ว\nข่าวของเรื่องที่แจ้งไว้จะมาที่แชตนี้ พิมพ์ ติดตาม เพื่อดูเรื่องทั้งหมด\n"
        "ไม่ใช่ท่าน กรุณาบอกเจ้าหน้าที่หรือโทร {phone}",
        en="This LINE now belongs to {name}.\n"
        "News of your complaints comes to this chat; type follow to see them.\n"
        "Not you? Please tell the officer or call {phone}",
    ),
    "welcome_back": Words(
        th="ยินดีต้อนรับกลับมา แชตนี้พร้อมส่งข่าวถึงท่านอีกครั้ง\nพิมพ์ เมนู เพื่อดูว่าทำอะไรได้",
        en="Welcome back. News will come to this chat again.\nType menu to see what you can do.",
    ),
    "menu": Words(
        th="แชตนี้ทำได้ดังนี้ พิมพ์คำหรือกดปุ่มด้านล่าง",
        en="This is what the chat can do. Type a word or tap a button below.",
    ),
    "language": Words(th="ต่อไปนี้จะตอบเป็นภาษาไทย", en="From now on you are answered in English."),
    "no_right": Words(
        th="ข้อมูลนี้อยู่นอกสิทธิ์ของบัญชีท่าน หากต้องใช้กรุณาแจ้งผู้ดูแลระบบ",
        en="This is beyond the rights of your account. Please ask the administrator if you need it.",
    ),
    "got_sticker": Words(
        th="ขอบคุณสำหรับสติกเกอร์ พิมพ์ เมนู เมื่อต้องการใช้บริการ",
        en="Thank you for the sticker. Type menu whenever you need us.",
    ),
    "got_media": Words(
        th="ได้รับแล้ว แต่แชตนี้ยังเปิดวิดีโอ เสียง และไฟล์ไม่ได้\nแจ้งเรื่องหรือสอบถาม โทร {phone}",
        en="Received, but this chat cannot open videos, sounds or files.\nTo report or ask, call {phone}",
    ),
    "group_note": Words(
        th="ขอบคุณที่เชิญเข้ากลุ่ม บัญชีนี้ทำงานในแชตส่วนตัวเท่านั้น กรุณาเพิ่มเพื่อนแล้วทักในแชตส่วนตัว",
        en="Thank you for the invitation. This account works in private chats only: please add it there.",
    ),
    "officer_guide": Words(
        th="วิธีใช้แชตนี้\n"
        "1. กด ผูกบัญชี แล้วเข้าสู่ระบบด้วยชื่อผู้ใช้ของท่าน ทำครั้งเดียว\n"
        "2. เมื่อมีงานใหม่ การ์ดจะมาที่นี่ กด รับทราบ ได้ทันที\n"
        "3. พิมพ์ งานของฉัน เกินกำหนด หรือ สถิติ ได้ทุกเมื่อ ไม่เสียค่าข้อความ",
        en="How this chat works\n"
        "1. Tap Link my account and sign in once with your user name.\n"
        "2. New work comes here as a card; tap to acknowledge it.\n"
        "3. Type my work, overdue or statistics at any time; answers cost nothing.",
    ),
    "ask_administrator": Words(
        th="หากผูกบัญชีไม่ได้ ให้ผู้ดูแลระบบของเทศบาลตรวจว่าบัญชีของท่านเปิดใช้อยู่ และขอลิงก์ตั้งรหัสผ่านใหม่ได้จากผู้ดูแล\n"
        "โทรกลาง {phone}",
        en="If linking fails, ask the municipality's administrator whether your account is active; a new "
        "password link comes from there too.\n"
        "Switchboard {phone}",
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
