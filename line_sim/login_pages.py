"""The few pages of LINE's own that the fake draws: who are you, and what came of it; marked จำลอง."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from flask import Response, request
from markupsafe import Markup

from line_sim.records import SimUser

COOKIE = "line_sim_user"
"""Who holds the phone; the page of phones may set it."""

_STYLE = Markup(
    "body{margin:0;font:1.0625rem/1.6 Sarabun,'Noto Sans Thai',system-ui,sans-serif;"
    "background:#f2f5f3;color:#17211b}"
    "main{max-width:28rem;margin:0 auto;padding:1.5rem 1rem 3rem}"
    ".mark{border:2px dashed #7a5a00;background:#fff6d6;border-radius:.5rem;padding:.5rem .75rem}"
    "h1{font-size:1.375rem;line-height:1.35}ul{list-style:none;margin:0;padding:0}"
    "a{display:block;min-height:1.75rem;padding:.5rem .875rem;margin:.5rem 0;border:1px solid #6b7a71;"
    "border-radius:.5rem;background:#fff;color:#0b5c33}"
    "a:focus-visible{outline:3px solid #0b5c33;outline-offset:2px}"
)
_PAGE = Markup(
    "<!doctype html><html lang='{lang}'><head><meta charset='utf-8'>"
    "<meta name='viewport' content='width=device-width, initial-scale=1'>"
    "<meta name='referrer' content='no-referrer'><title>{title}</title><style>{style}</style></head>"
    "<body><main><p class='mark'>{mark}</p><h1>{title}</h1>{body}</main></body></html>"
)
_WORDS = {
    "mark": (
        "จำลอง: หน้านี้แทน LINE ในชุดสาธิต ไม่ใช่ LINE จริง",
        "Simulated: this page stands in for LINE in the demo. It is not LINE.",
    ),
    "sign_in": ("เข้าสู่ระบบด้วย LINE", "Sign in with LINE"),
    "link": ("เชื่อมบัญชี LINE", "Link your LINE account"),
    "who": ("เลือกว่าเป็นใคร", "Choose who you are"),
    "refuse": ("ไม่อนุญาต", "Do not allow"),
    "no_sign_in": ("เข้าสู่ระบบไม่ได้", "Cannot sign in"),
    "not_linked": ("เชื่อมบัญชีไม่สำเร็จ", "The account was not linked"),
    "linked": ("ส่งผลการเชื่อมบัญชีแล้ว", "The result has been sent"),
    "go_back": ("กลับไปที่ห้องสนทนา LINE เพื่อดูผล", "Go back to the LINE chat to see it."),
    "old": (
        "ลิงก์หมดอายุหรือถูกใช้ไปแล้ว กรุณาเริ่มใหม่จากห้องสนทนา",
        "The link has run out or was used before. Please start again from the chat.",
    ),
    "not_yours": ("ลิงก์นี้เป็นของผู้ใช้ LINE คนอื่น", "This link belongs to another LINE user."),
    "nonce": ("คำขอไม่ถูกต้อง: nonce ต้องมี 10 ถึง 255 ตัวอักษร", "Bad request: nonce needs 10 to 255 characters."),
}


def notice(title: str, text: str, status: int = 200) -> Response:
    """Show one sentence; ``text`` may be LINE's own technical words."""
    return _drawn(title, Markup("<p>{}</p>").format(_word(text)), status)


def choice(title: str, users: Sequence[SimUser], *, may_refuse: bool = False) -> Response:
    """Ask who it is: a list of everybody."""
    row = Markup("<li><a href='{}'>{}</a></li>")
    rows = Markup("").join(row.format(_here(sim_user=one.user_id), one.display_name) for one in users)
    body = Markup("<p>{}</p><ul>{}</ul>").format(_word("who"), rows)
    if may_refuse:
        body += Markup("<p><a href='{}'>{}</a></p>").format(_here(sim_deny="1"), _word("refuse"))
    return _drawn(title, body, 200)


def who(users: Mapping[str, SimUser]) -> SimUser | None:
    """Return who the address or the phone's cookie says it is."""
    return users.get(request.args.get("sim_user") or request.cookies.get(COOKIE, ""))


def uncached(response: Response) -> Response:
    """Let nobody keep an answer with a code or token in it."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _drawn(title: str, body: Markup, status: int) -> Response:
    page = _PAGE.format(lang=_lang(), style=_STYLE, title=_word(title), mark=_word("mark"), body=body)
    return uncached(Response(page, status, mimetype="text/html"))


def _lang() -> str:
    return "en" if request.args.get("ui_locales", "").startswith("en") else "th"


def _word(code: str) -> str:
    thai, english = _WORDS.get(code, (code, code))
    return english if _lang() == "en" else thai


def _here(**more: str) -> str:
    return f"?{urlencode({**request.args.to_dict(), **more})}"
