"""What a test of a LINE channel can find: each with its verdict, a sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from domain.errors import Words

NOTHING: Final = Words("", "")
CONSOLE: Final = "LINE Developers Console"


class Verdict(StrEnum):
    """How bad it is."""

    WELL = "well"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class FindingWords:
    """One thing a test can find.

    Attributes:
        verdict: How bad it is.
        sentence: What was found; names facts in braces.
        mend: What to do; empty where nothing needs to be done.
    """

    verdict: Verdict
    sentence: Words
    mend: Words = NOTHING


_W, _L, _B = Verdict.WELL, Verdict.LOOK, Verdict.BROKEN
_F = FindingWords
_INTERNET = Words(
    "ตรวจอินเทอร์เน็ตและไฟร์วอลล์ของเครื่องแม่ข่ายไปยัง api.line.me:443 แล้วทดสอบอีกครั้ง",
    "Check the server's internet and firewall towards api.line.me:443, then test again",
)
_PASTE_SECRET = Words(
    f"คัดลอก channel secret จากแท็บ Basic settings ใน {CONSOLE} มาวางใหม่ แล้วทดสอบอีกครั้ง",
    f"Copy the channel secret from the tab Basic settings of {CONSOLE} once more, then test again",
)
_OPEN_SERVER = Words(
    "ให้ผู้ดูแลเครื่องแม่ข่ายตรวจชื่อโดเมน ใบรับรอง https และไฟร์วอลล์: ที่อยู่นี้ต้องเปิดได้จากอินเทอร์เน็ต",
    "Let whoever runs the server check domain, https certificate and firewall: the internet must reach it",
)
_LOGIN_SCREEN = Words("แก้ที่หน้า ตั้งค่าเทศบาล › LINE", "Mend it under Settings of the town › LINE")

FINDINGS: Final[Mapping[str, FindingWords]] = {
    "not_connected": _F(
        _L,
        Words("ยังไม่ได้ใส่ค่าของช่องทางนี้", "This channel has no values yet"),
        Words("ใส่ channel access token และ channel secret แล้วกดบันทึก", "Paste token and secret, then save"),
    ),
    "token_malformed": _F(
        _B,
        Words("channel access token มีอักขระที่ LINE ไม่ใช้", "The token has characters LINE never uses"),
        Words("คัดลอกใหม่ทั้งบรรทัด", "Copy the whole line again"),
    ),
    "token_refused": _F(
        _B,
        Words(
            "LINE ไม่ยอมรับ channel access token (401): ถูกยกเลิก หมดอายุ หรือคัดลอกไม่ครบ",
            "LINE does not accept the token (401): revoked, expired or not copied whole",
        ),
        Words(
            f"เปิดแท็บ Messaging API ใน {CONSOLE} กด Issue หรือ Reissue แล้ววาง token ใหม่ที่นี่",
            f"Open the tab Messaging API in {CONSOLE}, press Issue or Reissue, and paste the new token here",
        ),
    ),
    "token_forbidden": _F(
        _B,
        Words(
            "LINE ไม่ให้บัญชีนี้ใช้ Messaging API (403)",
            "LINE does not let this account use the Messaging API (403)",
        ),
        Words(
            "เปิดใช้ Messaging API ที่ LINE Official Account Manager › ตั้งค่า › Messaging API",
            "Switch the Messaging API on in LINE Official Account Manager, Settings, Messaging API",
        ),
    ),
    "unreachable": _F(
        _B, Words("ติดต่อ LINE ไม่ได้ ({fault})", "LINE could not be reached ({fault})"), _INTERNET
    ),
    "line_is_ill": _F(
        _L,
        Words("LINE ตอบผิดปกติ: {fault}", "LINE answers strangely: {fault}"),
        Words(
            "มักเป็นเหตุชั่วคราวของ LINE รอสักครู่แล้วทดสอบอีกครั้ง",
            "Mostly a passing trouble at LINE: wait a while and test again",
        ),
    ),
    "too_slow": _F(
        _L,
        Words("LINE ตอบช้ามาก จึงหยุดทดสอบก่อนครบทุกข้อ", "LINE answers so slowly that the test was ended early"),
        _INTERNET,
    ),
    "bot": _F(
        _W,
        Words("token ใช้ได้: เป็นบัญชี “{name}” ({basic_id})", "The token works: account “{name}” ({basic_id})"),
    ),
    "same_bot": _F(
        _B,
        Words(
            "token นี้เป็นของบัญชีเดียวกับช่องทาง{other}: ประชาชนกับเจ้าหน้าที่ต้องใช้คนละบัญชี",
            "This token belongs to the same account as {other}: citizens and officers need two accounts",
        ),
        Words(
            f"ดูชื่อช่องทางใน {CONSOLE} แล้ววางค่าของแต่ละบัญชีให้ตรงการ์ด",
            f"Look at the channel's name in {CONSOLE} and paste each account's values into its own card",
        ),
    ),
    "swapped": _F(
        _B,
        Words(
            "บัญชีนี้ตั้ง webhook ไว้ที่ช่องทาง{other}: ค่าของสองช่องทางน่าจะสลับกัน",
            "This account's webhook leads to {other}: the values of the two channels are probably swapped",
        ),
        Words(
            "ตรวจชื่อบัญชีด้านบน ถ้าสลับกันจริง วางค่าใหม่ทั้งสองการ์ด ถ้าไม่สลับ กด “ให้ LINE ใช้ที่อยู่ของเรา”",
            "Look at the account's name above; if they are swapped paste both again, if not set our address",
        ),
    ),
    "chat_on": _F(
        _L,
        Words("เปิด “แชต” ไว้ใน LINE Official Account Manager", "Chat is on in LINE Official Account Manager"),
        Words(
            "ใช้ได้ แต่คำตอบที่พิมพ์ใน LINE OA Manager ไม่เข้าประวัติของเรื่อง ให้ตอบจากระบบนี้",
            "That works, but what is typed there is not kept with the case: answer from this system",
        ),
    ),
    "webhook_not_https": _F(
        _B,
        Words(
            "ที่อยู่ของระบบคือ {url} ซึ่งไม่ใช่ https: LINE ส่งข้อความมาไม่ได้",
            "This system's address is {url}, which is no https: LINE cannot reach it",
        ),
        Words(
            "ให้ผู้ดูแลเครื่องแม่ข่ายตั้ง PUBLIC_URL เป็นที่อยู่ https ที่เปิดได้จากอินเทอร์เน็ต แล้วเปิดระบบใหม่",
            "Let whoever runs the server set PUBLIC_URL to an https address of the internet and restart",
        ),
    ),
    "webhook_well": _F(_W, Words("webhook ตั้งไว้ที่ระบบนี้และเปิดอยู่", "The webhook leads here and is switched on")),
    "webhook_put": _F(
        _W,
        Words("ตั้งที่อยู่ webhook ที่ LINE ให้แล้ว", "Our webhook address was set at LINE"),
        Words("การเปลี่ยนอาจใช้เวลาถึงหนึ่งนาที", "The change may take up to a minute"),
    ),
    "webhook_put_refused": _F(
        _B,
        Words("LINE ไม่รับที่อยู่ webhook ของเรา: {fault}", "LINE refuses our webhook address: {fault}"),
        _OPEN_SERVER,
    ),
    "webhook_unset": _F(
        _B,
        Words("ยังไม่ได้ตั้งที่อยู่ webhook ที่ LINE", "No webhook address is set at LINE"),
        Words("กด “ให้ LINE ใช้ที่อยู่ของเรา” ด้านล่าง", "Press “Let LINE use our address” below"),
    ),
    "webhook_other": _F(
        _B,
        Words("LINE ส่งเหตุการณ์ไปที่อื่น: {url}", "LINE sends its events elsewhere: {url}"),
        Words(
            "ถ้าระบบเดิมเลิกใช้แล้ว กด “ให้ LINE ใช้ที่อยู่ของเรา” ด้านล่าง",
            "If that system is out of use, press “Let LINE use our address” below",
        ),
    ),
    "webhook_inactive": _F(
        _B,
        Words("webhook ตั้งถูกแล้วแต่ยังปิดอยู่", "The webhook is right but switched off"),
        Words(
            f"เปิดสวิตช์ Use webhook ในแท็บ Messaging API ของ {CONSOLE}",
            f"Switch on Use webhook in the tab Messaging API of {CONSOLE}",
        ),
    ),
    "webhook_test_well": _F(
        _W,
        Words(
            "LINE ส่งเหตุการณ์ทดสอบมาถึงและลายเซ็นถูกต้อง", "LINE's test event arrived and its signature is right"
        ),
    ),
    "webhook_secret_wrong": _F(
        _B,
        Words(
            "เหตุการณ์ทดสอบมาถึง แต่ลายเซ็นไม่ตรงกับ channel secret ที่วางไว้ (401)",
            "The test event arrived, but its signature does not fit the channel secret (401)",
        ),
        _PASTE_SECRET,
    ),
    "webhook_no_way": _F(
        _B,
        Words("LINE เชื่อมต่อมายังที่อยู่ของเราไม่ได้: {detail}", "LINE cannot connect to our address: {detail}"),
        _OPEN_SERVER,
    ),
    "webhook_timeout": _F(
        _B,
        Words("ระบบของเราตอบ LINE ช้ากว่าที่ LINE รอ", "We answered later than LINE waits"),
        Words(
            "ตรวจว่าเครื่องแม่ข่ายไม่ได้ทำงานหนัก และไม่มีด่านใดหน่วงการเชื่อมต่อ แล้วทดสอบอีกครั้ง",
            "See that the server is not overloaded and nothing delays connections, then test again",
        ),
    ),
    "webhook_status": _F(
        _B,
        Words(
            "ที่อยู่ของเราตอบ LINE ด้วยรหัส {status} แทน 200",
            "Our address answered LINE with {status} instead of 200",
        ),
        Words(
            "ตรวจว่า proxy ส่งต่อ /line/ มายังระบบนี้โดยไม่แก้เนื้อหา",
            "See that the proxy passes /line/ on to this system, unchanged",
        ),
    ),
    "webhook_odd": _F(
        _L,
        Words("LINE ทดสอบ webhook ไม่สำเร็จ: {detail}", "LINE's test of the webhook failed: {detail}"),
        Words("รอสักครู่แล้วทดสอบอีกครั้ง", "Wait a while and test again"),
    ),
    "webhook_test_limit": _F(
        _L,
        Words(
            "ทดสอบ webhook ครบจำนวนที่ LINE ให้ในหนึ่งชั่วโมงแล้ว", "LINE allows no more webhook tests in this hour"
        ),
        Words("ทดสอบอีกครั้งในหนึ่งชั่วโมง", "Test again in an hour"),
    ),
    "quota_unlimited": _F(
        _W, Words("ใช้ไป {used} ข้อความ ไม่จำกัดจำนวน", "{used} messages used; there is no limit")
    ),
    "quota_well": _F(
        _W, Words("โควตาเดือนนี้ใช้ไป {used} จาก {limit} ข้อความ", "{used} of this month's {limit} messages used")
    ),
    "quota_low": _F(
        _L,
        Words("โควตาเดือนนี้ใช้ไป {used} จาก {limit} ข้อความ", "{used} of this month's {limit} messages used"),
        Words("ดูหน้า โควตา LINE และพิจารณาเพิ่มแพ็กเกจ", "See the page LINE quota, and think of a larger plan"),
    ),
    "quota_out": _F(
        _B,
        Words("โควตาเดือนนี้หมดแล้ว ({limit} ข้อความ)", "This month's {limit} messages are used up"),
        Words(
            "ระบบยังตอบในแชตได้ฟรี ข้อความอื่นรอจนขึ้นเดือนใหม่หรือเพิ่มแพ็กเกจ",
            "Answers in the chat still go, free; others wait for the next month or a larger plan",
        ),
    ),
    "clock_well": _F(_W, Words("นาฬิกาตรงกับ LINE", "The clock agrees with LINE's")),
    "clock_off": _F(
        _B,
        Words(
            "นาฬิกาของเครื่องแม่ข่ายต่างจาก LINE {seconds} วินาที",
            "The server's clock differs from LINE's by {seconds} s",
        ),
        Words(
            "ให้ผู้ดูแลเครื่องแม่ข่ายเปิดการตั้งเวลาอัตโนมัติ (NTP)",
            "Let whoever runs the server switch on automatic time (NTP)",
        ),
    ),
    "menu_well": _F(_W, Words("เมนูท้ายแชตเป็นของระบบนี้", "The menu in the chat is ours")),
    "menu_none": _F(
        _L,
        Words("ยังไม่มีเมนูท้ายแชต", "There is no menu in the chat yet"),
        Words("ระบบจะวางเมนูให้เองเมื่อเชื่อมต่อครบ", "It is laid by itself once everything is connected"),
    ),
    "menu_other": _F(
        _L,
        Words("เมนูท้ายแชตถูกวางโดยระบบอื่น", "The menu in the chat was laid by another system"),
        Words("ระบบจะวางเมนูของเราแทนเมื่อวางเมนูครั้งถัดไป", "Ours takes its place when menus are laid next"),
    ),
    "login_off": _F(_W, Words("ไม่ได้ใช้ LINE Login (ไม่บังคับ)", "LINE Login is not used (it is not needed)")),
    "login_well": _F(
        _W,
        Words("ค่าของ LINE Login มีรูปแบบถูกต้อง", "The values of LINE Login are well-formed"),
    ),
    "login_id_malformed": _F(
        _B,
        Words("LINE Login channel ID ต้องเป็นตัวเลข 10 หลัก", "The LINE Login channel ID must be 10 digits"),
        _LOGIN_SCREEN,
    ),
    "login_no_secret": _F(
        _B,
        Words("มี LINE Login channel ID แต่ไม่มี secret", "There is a LINE Login channel ID without its secret"),
        _LOGIN_SCREEN,
    ),
}


def finding(code: str, **facts: str | int) -> dict[str, Any]:
    """Return a finding as it is kept.

    Raises:
        KeyError: there is no such finding.
    """
    return {"code": code, "verdict": FINDINGS[code].verdict.value, "facts": facts}


def said(kept: Mapping[str, Any], language: str) -> tuple[str, str]:
    """Return sentence and mending of a kept finding; of one an older version kept, its code."""
    known = FINDINGS.get(str(kept.get("code")))
    if known is None:
        return str(kept.get("code", "")), ""
    facts = {name: _readable(name, value, language) for name, value in dict(kept.get("facts") or {}).items()}
    column = 1 if language == "en" else 0
    return known.sentence[column].format_map(_Facts(facts)), known.mend[column]


_CHANNEL_WORDS: Final = {
    "citizen": ("ประชาชน", "the citizens' channel"),
    "staff": ("เจ้าหน้าที่", "the officers' channel"),
}


def _readable(name: str, value: Any, language: str) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if name != "other":
        return str(value)
    return _CHANNEL_WORDS.get(str(value), (str(value), str(value)))[1 if language == "en" else 0]


class _Facts(dict[str, str]):
    """Facts of a finding; one that is missing reads as a dash."""

    def __missing__(self, name: str) -> str:
        return "–"
