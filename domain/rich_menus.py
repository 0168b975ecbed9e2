"""The menus under the chat: their tiles, where these lead, who gets which menu, and when to lay them.

A tile says what it is by its code. Where the town has an address of its own for it, the tile opens that;
else it asks us in the chat (``menu=<code>``), which is a wish and no right: whoever answers asks the rules.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.errors import Words
from domain.permissions import Permission, require
from domain.settings import read_setting
from models import DeliveryState, Job, JobKind, LineChannel, RichMenu, RichMenuKind, Scope

WIDTH: Final = 2500
HEIGHT: Final = 1686
STRIP: Final = 150
"""Height of the strip with the town's name; the upper tiles answer there too."""

NAME_PREFIX: Final = "uphee:"
MOST_TRIES: Final = 40
"""With an hour between the later ones: LINE may be away for more than a day."""

LAY: Final = "lay"
LINKS: Final = "links"

_POSTBACK: Final = re.compile(r"menu=([a-z][a-z_]{1,31})")


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a menu, the same thing as its command in words.

    Attributes:
        code: What it asks for.
        label: Its name; at most 20 characters, as LINE reads it out.
        hint: A few words below it.
        icon: Name of a Tabler icon.
        setting: The setting with the town's own address for it; empty where it always asks us.
        page: Which of our own pages it opens instead, by the names of ``PAGES``.
        tone: ``primary`` for the one thing most come for, ``late`` for danger.
    """

    code: str
    label: Words
    hint: Words
    icon: str
    setting: str = ""
    page: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """Where a tile answers, in the picture's pixels."""

    x: int
    y: int
    width: int
    height: int


def _tile(code: str, label: tuple[str, str], hint: tuple[str, str], icon: str, **more: str) -> Tile:
    return Tile(code, Words(*label), Words(*hint), icon, **more)


_ALL_TILES: Final = (
    _tile(
        "report",
        ("แจ้งเรื่อง", "Report"),
        ("ร้องเรียน ร้องทุกข์", "Complaints"),
        "message-report",
        tone="primary",
    ),
    _tile("follow", ("ติดตามเรื่อง", "Follow up"), ("เรื่องของฉันถึงไหน", "Where is my case"), "list-search"),
    _tile(
        "services",
        ("บริการออนไลน์", "Online services"),
        ("ยื่นคำขอ นัดหมาย", "Requests"),
        "apps",
        setting="services_url",
    ),
    _tile("emergency", ("ฉุกเฉิน", "Emergency"), ("กดแล้วโทรได้ทันที", "Tap to call"), "ambulance", tone="late"),
    _tile("news", ("ข่าวสาร", "News"), ("ประกาศของเทศบาล", "Announcements"), "news", setting="news_url"),
    _tile(
        "contact",
        ("ติดต่อ/สอบถาม", "Contact"),
        ("โทรและที่อยู่", "Phone and address"),
        "headset",
        setting="contact_url",
    ),
    _tile(
        "welfare",
        ("สวัสดิการ", "Welfare"),
        ("เบี้ยยังชีพ", "Allowances"),
        "heart-handshake",
        setting="welfare_url",
    ),
    _tile("tax", ("ชำระภาษี", "Taxes"), ("ที่ดิน ป้าย", "Land and signs"), "receipt", setting="tax_url"),
    _tile("waste", ("ค่าขยะ", "Waste fee"), ("ค่าเก็บขยะ", "Collection fee"), "recycle", setting="waste_url"),
    _tile(
        "information",
        ("ข้อมูลข่าวสาร", "Information"),
        ("ข่าวและการติดต่อ", "News and contact"),
        "info-circle",
        setting="news_url",
    ),
    _tile(
        "staff_door",
        ("สำหรับเจ้าหน้าที่", "For staff"),
        ("เข้าระบบหลังบ้าน", "Back office"),
        "id-badge-2",
        page="staff",
    ),
    _tile(
        "executive_door",
        ("สำหรับผู้บริหาร", "For executives"),
        ("ผลการดำเนินงาน", "Results"),
        "chart-bar",
        page="results",
    ),
    _tile(
        "link",
        ("ผูกบัญชี", "Link my account"),
        ("มีชื่อผู้ใช้แล้ว", "With your user name"),
        "link",
        tone="primary",
    ),
    _tile(
        "officer_request",
        ("ลงทะเบียนเจ้าหน้าที่", "Register"),
        ("ยังไม่มีชื่อผู้ใช้", "No user name yet"),
        "user-plus",
    ),
    _tile("administrator", ("ติดต่อผู้ดูแล", "Administrator"), ("เมื่อผูกไม่ได้", "If it fails"), "user-shield"),
    _tile("guide", ("วิธีใช้", "How it works"), ("แชตนี้ทำอะไรได้", "What this chat does"), "help-circle"),
    _tile("my_work", ("งานของฉัน", "My work"), ("สรุปของวันนี้", "Today"), "checklist", tone="primary"),
    _tile("new_cases", ("เรื่องใหม่", "New cases"), ("ที่รอรับหรือรอทำ", "Waiting for a start"), "inbox"),
    _tile("overdue", ("เกินกำหนด", "Overdue"), ("ต้องเร่งทำ", "Urgent"), "clock-exclamation", tone="late"),
    _tile("record_result", ("รายงานผล", "Record results"), ("บันทึกผลพร้อมภาพ", "With photos"), "photo-check"),
    _tile("statistics", ("สถิติ", "Statistics"), ("ตามปีงบประมาณ", "Of the fiscal year"), "chart-bar"),
    _tile("my_account", ("บัญชีของฉัน", "My account"), ("ชื่อและการผูก LINE", "Name and link"), "user-circle"),
    _tile(
        "overview",
        ("ภาพรวม", "Overview"),
        ("เจ็ดตัวเลขของปีนี้", "The seven figures"),
        "layout-dashboard",
        tone="primary",
    ),
    _tile(
        "late_cases",
        ("เรื่องล่าช้า", "Late cases"),
        ("เกินกำหนดแล้ว", "Past their day"),
        "clock-exclamation",
        tone="late",
    ),
    _tile("by_zone", ("งานตามเขต", "By zone"), ("เขตไหนเรื่องมาก", "Where the cases are"), "map-2"),
    _tile("by_type", ("ตามประเภท", "By type"), ("เรื่องอะไรมากที่สุด", "What they are about"), "category"),
    _tile("ratings", ("ความพึงพอใจ", "Satisfaction"), ("คะแนนจากประชาชน", "Citizens' scores"), "star"),
)
TILES: Final[Mapping[str, Tile]] = {tile.code: tile for tile in _ALL_TILES}

PRESETS: Final[Mapping[str, tuple[str, ...]]] = {
    "standard": ("report", "follow", "services", "emergency", "news", "contact"),
    "welfare": ("report", "emergency", "welfare", "tax", "waste", "information"),
    "portal": ("report", "follow", "news", "staff_door", "contact", "executive_door"),
}
"""The citizens' layouts (decisions.md 20): ours, that of manual 001, that of manual 002."""

STAFF_MENUS: Final[Mapping[RichMenuKind, tuple[str, ...]]] = {
    RichMenuKind.GUEST: ("link", "officer_request", "administrator", "guide"),
    RichMenuKind.OFFICER: ("my_work", "new_cases", "overdue", "record_result", "statistics", "my_account"),
    RichMenuKind.EXECUTIVE: ("overview", "late_cases", "by_zone", "by_type", "ratings", "my_account"),
}
CHAT_BARS: Final[Mapping[RichMenuKind, Words]] = {
    RichMenuKind.CITIZEN: Words("เมนูบริการ", "Services"),
    RichMenuKind.GUEST: Words("เริ่มใช้งาน", "Begin here"),
    RichMenuKind.OFFICER: Words("เมนูงาน", "My work"),
    RichMenuKind.EXECUTIVE: Words("เมนูผู้บริหาร", "Executive"),
}
"""What the bar that opens the menu says; at most 14 characters."""

PAGES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "staff": ("admin.index", {}),
    "results": ("report.results", {}),
}
"""Our own pages a tile may open: endpoint and arguments."""

KINDS: Final[Mapping[LineChannel, tuple[RichMenuKind, ...]]] = {
    LineChannel.CITIZEN: (RichMenuKind.CITIZEN,),
    LineChannel.STAFF: (RichMenuKind.GUEST, RichMenuKind.OFFICER, RichMenuKind.EXECUTIVE),
}
"""The menus of a channel; the first is everybody's, the others are linked person by person."""


def tiles_of(session: Session, kind: RichMenuKind) -> tuple[Tile, ...]:
    """Return the tiles of a menu in reading order; the citizens' follow the town's setting."""
    if kind is not RichMenuKind.CITIZEN:
        return tuple(TILES[code] for code in STAFF_MENUS[kind])
    preset = str(read_setting(session, "line_menu_preset"))
    return tuple(TILES[code] for code in PRESETS.get(preset, PRESETS["standard"]))


def areas_of(kind: RichMenuKind) -> tuple[Area, ...]:
    """Return where the tiles of a menu answer; together they cover the picture exactly."""
    upper = STRIP + (HEIGHT - STRIP) // 2
    lower = HEIGHT - upper
    thirds = ((0, 833), (833, 834), (1667, 833))
    halves = ((0, WIDTH // 2), (WIDTH // 2, WIDTH // 2))
    columns = halves if kind is RichMenuKind.GUEST else thirds
    rows = ((0, upper), (upper, lower))
    return tuple(Area(x, y, width, height) for y, height in rows for x, width in columns)


def address_of(session: Session, tile: Tile) -> str:
    """Return the town's own address for a tile; empty where it has none."""
    return str(read_setting(session, tile.setting) or "") if tile.setting else ""


def postback_of(code: str) -> str:
    """Return what a tile sends us."""
    return f"menu={code}"


def code_of(data: str) -> str | None:
    """Return the code of a tile of ours; None for anything else."""
    found = _POSTBACK.fullmatch(data)
    return found[1] if found and found[1] in {*TILES, "menu"} else None


def menu_name(kind: RichMenuKind, content_hash: str) -> str:
    """Return what the menu is called at LINE: the same content has the same name."""
    return f"{NAME_PREFIX}{kind.value}:{content_hash[:12]}"


# Who gets which ---------------------------------------------------------------------------------------------


def staff_menu_kind(actor: Actor) -> RichMenuKind:
    """Return the menu of an officer, by rights: who sees every case and changes nothing is an executive."""
    sees_all = actor.scope_of(Permission.COMPLAINT_READ) is Scope.ALL
    reads_reports = actor.scope_of(Permission.REPORT_READ) is Scope.ALL
    works = any(actor.can(permission) for permission in _WORK)
    return RichMenuKind.EXECUTIVE if sees_all and reads_reports and not works else RichMenuKind.OFFICER


_WORK: Final = (
    Permission.COMPLAINT_ACCEPT,
    Permission.COMPLAINT_ACKNOWLEDGE,
    Permission.COMPLAINT_CREATE,
    Permission.COMPLAINT_DIRECT,
    Permission.COMPLAINT_RECORD_RESULT,
    Permission.COMPLAINT_UPDATE,
    Permission.LINE_MANAGE,
    Permission.ROLE_MANAGE,
    Permission.SETTING_UPDATE,
    Permission.STAFF_MANAGE,
    Permission.SYSTEM_MANAGE,
)


# Asking for them --------------------------------------------------------------------------------------------


def ask_for_menus(session: Session, actor: Actor) -> Job:
    """Ask the worker to lay the menus of every connected channel; the caller commits.

    Asked again while the same waits, the same job is returned; one that waits for its next try tries now.

    Raises:
        NotPermitted: without ``line:manage``.
    """
    require(actor, Permission.LINE_MANAGE)
    return _ask(session, LAY, actor.staff_user_id)


def follow_up(session: Session, what: str) -> Job:
    """Let the system itself ask: settings changed (``LAY``), or somebody's right to a menu (``LINKS``)."""
    return _ask(session, what, None)


def follow_rights(session: Session) -> None:
    """Let menus follow a linked, parted or switched-off officer at once, where menus were ever laid."""
    if any(row.channel is LineChannel.STAFF for row in laid_menus(session).values()):
        _ask(session, LINKS, None)


def laid_menus(session: Session) -> dict[RichMenuKind, RichMenu]:
    """Return the menus that stand at LINE now, by kind."""
    rows = session.scalars(
        select(RichMenu)
        .where(RichMenu.laid_at.is_not(None), RichMenu.retired_at.is_(None))
        .order_by(RichMenu.id)
    )
    return {row.kind: row for row in rows}


def latest_laying(session: Session) -> Job | None:
    """Return the newest job that was to lay the menus; its state and ``last_error`` say how it went."""
    jobs = session.scalars(
        select(Job).where(Job.kind == JobKind.RICH_MENUS).order_by(Job.id.desc()).limit(20)
    )
    return next((job for job in jobs if job.arguments.get("what") == LAY), None)


def _ask(session: Session, what: str, requested_by_id: int | None) -> Job:
    waiting = session.scalars(
        select(Job).where(Job.kind == JobKind.RICH_MENUS, Job.state == DeliveryState.READY)
    )
    same = next((job for job in waiting if job.arguments.get("what") == what), None)
    if same is not None:
        same.not_before = min(same.not_before, now())
        return same
    job = Job(
        kind=JobKind.RICH_MENUS,
        arguments={"what": what},
        dedupe_key=f"rich_menus:{what}:{uuid.uuid4()}",
        requested_by_id=requested_by_id,
        max_attempts=MOST_TRIES,
        not_before=now(),
        created_at=now(),
    )
    session.add(job)
    session.flush()
    return job
