"""Laying the menus under the chats at LINE, and giving each officer his own.

Everything can be done again from the start: a menu's name at LINE says what it shows, so what stands there
already is found and kept, whoever was killed wherever. A job lays all menus; a round every few minutes
follows changed settings and changed rights. LINE is never asked inside a transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from config import Settings
from domain.clock import now
from domain.deliveries import DeliveryReason
from domain.faults import fault_point
from domain.lookups import load_lookups
from domain.rich_menus import LAY, NAME_PREFIX, follow_up, laid_menus, staff_menu_kind
from domain.staff_actor import actor_of_staff
from extensions import db, write_transaction
from line_hooks.client import (
    LineError,
    LineGateway,
    LinePermanent,
    LineRateLimited,
    LineRetryable,
    LineUnauthorised,
)
from line_hooks.keys import keys_of
from line_hooks.menu_api import (
    LaidMenu,
    create_menu,
    default_menu,
    delete_menu,
    give_picture,
    link_menu,
    list_menus,
    set_default,
    unlink_menu,
)
from menu_pictures import MenuPicture, MenuPictureFailed, draw_menu
from models import JobKind, LineAccount, LineChannel, LineState, RichMenu, RichMenuKind, StaffUser
from storage import FileStore, StorageFailed
from worker.jobs import ClaimedJob, JobTrouble, Store, register_job
from worker.menu_wishes import WantedMenu, wanted_menus
from worker.schedule import register_task

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=5)
AFTER_RATE_LIMIT: Final = timedelta(minutes=15)
"""LINE creates and deletes 100 menus an hour."""

_NOT_THERE: Final = 404
_CHANNEL_WORDS: Final = {LineChannel.CITIZEN: "บัญชีประชาชน", LineChannel.STAFF: "บัญชีเจ้าหน้าที่"}
_TROUBLES: Final[tuple[tuple[type[LineError], DeliveryReason, str], ...]] = (
    (
        LineUnauthorised,
        DeliveryReason.UNAUTHORISED,
        "LINE ไม่ยอมรับ channel access token ตรวจที่หน้าตั้งค่า LINE",
    ),
    (LineRateLimited, DeliveryReason.RATE_LIMITED, "LINE ให้สร้างเมนูได้ชั่วโมงละ 100 ครั้ง ระบบจะวางต่อให้เอง"),
    (LineRetryable, DeliveryReason.UNREACHABLE, "ติดต่อ LINE ไม่ได้ ระบบจะลองใหม่เอง"),
)


# The job ----------------------------------------------------------------------------------------------------


def lay_menus(app: Flask, job: ClaimedJob) -> Store:
    """Lay what should stand at LINE and link the officers to it; a job for links alone does only that.

    Raises:
        JobTrouble: LINE or a picture stood in the way, for one channel or both; the rest is done.
    """
    troubles: list[JobTrouble] = []
    for channel in LineChannel:
        try:
            with _gateway(app, channel) as gateway:
                if gateway is None:
                    continue
                if job.arguments.get("what") == LAY:
                    _lay(app, gateway, channel)
                _link_officers(gateway, channel)
                if job.arguments.get("what") == LAY:
                    _clear_away(app, gateway, channel)
        except LineError as problem:
            troubles.append(_trouble_of(channel, problem))
        except (MenuPictureFailed, StorageFailed) as problem:
            troubles.append(
                JobTrouble(DeliveryReason.CANNOT_BUILD, f"เมนูของ{_CHANNEL_WORDS[channel]}: {problem}")
            )
    if troubles:
        raise JobTrouble(
            troubles[0].reason,
            " · ".join(str(one) for one in troubles),
            max((one.again_in for one in troubles if one.again_in), default=None),
        )
    return lambda _session: None


def _trouble_of(channel: LineChannel, problem: LineError) -> JobTrouble:
    reason, words = DeliveryReason.REFUSED, f"LINE ไม่รับเมนู ({problem.detail})"
    for kind, its_reason, its_words in _TROUBLES:
        if isinstance(problem, kind):
            reason, words = its_reason, its_words
    wait = AFTER_RATE_LIMIT if isinstance(problem, LineRateLimited) else None
    if wait is not None and problem.retry_after:
        wait = timedelta(seconds=problem.retry_after)
    return JobTrouble(reason, f"เมนูของ{_CHANNEL_WORDS[channel]}: {words}", wait)


@contextmanager
def _gateway(app: Flask, channel: LineChannel) -> Iterator[LineGateway | None]:
    """Give a channel's gateway for a while; None where the channel is off."""
    settings: Settings = app.extensions["settings"]
    token = keys_of(app, channel, fresh=True).token
    try:
        gateway = LineGateway(channel.value, token, base_url=settings.line_api_url) if token else None
    except ValueError:
        raise LineUnauthorised(None, "the access token is malformed") from None
    try:
        yield gateway
    finally:
        if gateway is not None:
            gateway.close()


# Laying -----------------------------------------------------------------------------------------------------


def _lay(app: Flask, gateway: LineGateway, channel: LineChannel) -> None:
    """Make the channel's menus where they are missing and show everybody the first."""
    session = db.session()
    session.rollback()
    wanted = wanted_menus(app, session, channel)
    session.rollback()
    there = list_menus(gateway)
    ids = [_stand(app, gateway, channel, menu, there) for menu in wanted]
    if default_menu(gateway) != ids[0]:
        set_default(gateway, ids[0])
        fault_point("menu_shown")


def _stand(
    app: Flask, gateway: LineGateway, channel: LineChannel, menu: WantedMenu, there: list[LaidMenu]
) -> str:
    """Return the id of a menu that stands at LINE with its picture, made now where it was missing."""
    session = db.session()
    session.rollback()
    row = _row(session, channel, menu)
    known = row.line_menu_id if row else None
    is_whole = row is not None and row.laid_at is not None
    session.rollback()
    found = [one.id for one in there if one.name == menu.name]
    if known in found and is_whole and known is not None:
        return known
    picture = draw_menu(menu.drawing, app.extensions["sandbox"])
    # Known by name only: its picture may have arrived just before somebody was killed.
    half_done = known if known in found else next(iter(found), None)
    menu_id = half_done or _create(gateway, channel, menu)
    menu_id = _give_picture(gateway, channel, menu, menu_id, picture, is_new=half_done is None)
    files: FileStore = app.extensions["files"]
    key = files.put(picture.data, ".png" if picture.content_type == "image/png" else ".jpg")
    fault_point("menu_pictured")
    _note(channel, menu, menu_id, picture_key=key)
    return menu_id


def _create(gateway: LineGateway, channel: LineChannel, menu: WantedMenu) -> str:
    menu_id = create_menu(gateway, menu.body)
    fault_point("menu_created")
    _note(channel, menu, menu_id)
    return menu_id


def _give_picture(
    gateway: LineGateway,
    channel: LineChannel,
    menu: WantedMenu,
    menu_id: str,
    picture: MenuPicture,
    *,
    is_new: bool,
) -> str:
    """Give the menu its picture; one found that will not take it gives way to a new one."""
    try:
        give_picture(gateway, menu_id, picture.data, picture.content_type)
    except LinePermanent:
        if is_new:
            raise
        delete_menu(gateway, menu_id)
        menu_id = _create(gateway, channel, menu)
        give_picture(gateway, menu_id, picture.data, picture.content_type)
    return menu_id


def _row(session: Session, channel: LineChannel, menu: WantedMenu) -> RichMenu | None:
    return session.scalars(
        select(RichMenu)
        .where(
            RichMenu.channel == channel,
            RichMenu.kind == menu.kind,
            RichMenu.content_hash == menu.content_hash,
            RichMenu.retired_at.is_(None),
        )
        .order_by(RichMenu.id.desc())
        .limit(1)
    ).one_or_none()


def _note(channel: LineChannel, menu: WantedMenu, menu_id: str, picture_key: str | None = None) -> None:
    """Remember a menu; with its picture it is laid, and the one before it of its kind is so no more."""
    with write_transaction() as session:
        row = _row(session, channel, menu)
        if row is None:
            row = RichMenu(channel=channel, kind=menu.kind, content_hash=menu.content_hash, created_at=now())
            session.add(row)
        row.line_menu_id, row.areas = menu_id, list(menu.body["areas"])
        row.picture_key, row.laid_at = picture_key, now() if picture_key else None


def _clear_away(app: Flask, gateway: LineGateway, channel: LineChannel) -> None:
    """Delete our menus nobody needs any more, at LINE first."""
    session = db.session()
    session.rollback()
    wanted = {menu.content_hash for menu in wanted_menus(app, session, channel)}
    rows = session.scalars(
        select(RichMenu).where(RichMenu.channel == channel, RichMenu.retired_at.is_(None))
    ).all()
    kept = {row.line_menu_id for row in rows if row.content_hash in wanted and row.laid_at}
    old = [(row.id, row.picture_key) for row in rows if row.line_menu_id not in kept]
    in_use = set(
        session.scalars(
            select(LineAccount.menu_id).where(
                LineAccount.channel == channel, LineAccount.state != LineState.BLOCKED
            )
        )
    )
    session.rollback()
    for menu in list_menus(gateway):
        if menu.name.startswith(NAME_PREFIX) and menu.id not in kept and menu.id not in in_use:
            delete_menu(gateway, menu.id)
            fault_point("menu_deleted")
    with write_transaction() as writing:
        for row_id, _key in old:
            row = writing.get_one(RichMenu, row_id)
            row.retired_at, row.picture_key = now(), None
    files: FileStore = app.extensions["files"]
    for _row_id, key in old:
        if key:
            files.delete(key)


# Whose menu -------------------------------------------------------------------------------------------------


def _link_officers(gateway: LineGateway, channel: LineChannel) -> int:
    """Link and unlink until everybody has the menu of his rights; return how many were changed."""
    if channel is not LineChannel.STAFF:
        return 0
    session = db.session()
    session.rollback()
    menus = {row.kind: row.line_menu_id for row in laid_menus(session).values() if row.channel is channel}
    changes = _changes(session, menus) if menus else []
    session.rollback()
    for account_id, user_id, wanted in changes:
        _link(gateway, account_id, user_id, wanted)
    return len(changes)


def _changes(session: Session, menus: dict[RichMenuKind, str | None]) -> list[tuple[int, str, str | None]]:
    """Return account, person and menu wherever LINE shows another menu than it should."""
    lookups = load_lookups(session)
    accounts = session.scalars(
        select(LineAccount)
        .where(LineAccount.channel == LineChannel.STAFF, LineAccount.state != LineState.BLOCKED)
        .options(selectinload(LineAccount.staff_user).selectinload(StaffUser.roles))
        .order_by(LineAccount.id)
    )
    found = []
    for account in accounts:
        officer, wanted = account.staff_user, None
        if officer is not None and officer.is_active:
            actor = actor_of_staff(session, officer.id, via="worker", lookups=lookups)
            wanted = menus.get(staff_menu_kind(actor))
        if account.menu_id != wanted:
            found.append((account.id, account.line_user_id, wanted))
    return found


def _link(gateway: LineGateway, account_id: int, user_id: str, wanted: str | None) -> None:
    try:
        if wanted is None:
            unlink_menu(gateway, user_id)
        else:
            link_menu(gateway, user_id, wanted)
    except LinePermanent as problem:
        # LINE does not know the person, or not from us: asking again would not change that.
        logger.warning("LINE did not link a menu: %s", problem, extra={"line_account_id": account_id})
        if problem.status == _NOT_THERE and wanted is not None:
            _ask_again()  # Perhaps somebody deleted the menu at LINE: a laying finds out.
    fault_point("menu_linked")
    with write_transaction() as session:
        account = session.get(LineAccount, account_id)
        if account is not None:
            account.menu_id = wanted


# The round --------------------------------------------------------------------------------------------------


def link_menus(app: Flask) -> int:
    """Ask for a new laying where the settings have changed, and give each officer his menu; return how many.

    A channel whose menus nobody ever asked for is left alone: the town may have made its own.
    """
    changed = 0
    for channel in LineChannel:
        try:
            with _gateway(app, channel) as gateway:
                if gateway is not None:
                    changed += _follow_settings(app, channel) + _link_officers(gateway, channel)
        except (LineError, MenuPictureFailed) as problem:
            logger.warning("menus wait: %s", problem, extra={"line_channel": channel.value})
    return changed


def _follow_settings(app: Flask, channel: LineChannel) -> int:
    session = db.session()
    session.rollback()
    laid = {menu.content_hash for menu in laid_menus(session).values() if menu.channel is channel}
    wanted = {menu.content_hash for menu in wanted_menus(app, session, channel)} if laid else set()
    session.rollback()
    if wanted <= laid:
        return 0
    _ask_again()
    return 1


def _ask_again() -> None:
    with write_transaction() as session:
        follow_up(session, LAY)


register_job(JobKind.RICH_MENUS, lay_menus)
register_task("rich_menus", EVERY, link_menus)
