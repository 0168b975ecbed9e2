"""An administrator tries the mail settings: one letter to himself, by the way every letter goes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.deliveries import MAIL_TEST, lift_pause
from domain.errors import DomainError, NotPermitted, add_message
from domain.permissions import Permission, require
from domain.settings import read_setting
from models import OutboxChannel, OutboxMessage, StaffUser

KEEPS: Final = timedelta(minutes=10)
"""A test that has not gone out by then is of no use to whoever waits for it."""

add_message(
    "mail_test_off",
    thai="ยังไม่ได้ตั้งเครื่องส่งอีเมล กรุณากรอกและบันทึกก่อนทดสอบ",
    english="There is no mail server yet: fill it in and save before the test",
)
add_message(
    "mail_test_no_address",
    thai="บัญชีของท่านยังไม่มีอีเมล กรุณาเพิ่มที่หน้า ตั้งค่า › เจ้าหน้าที่ แล้วทดสอบอีกครั้ง",
    english="Your own account has no e-mail address: add one under Settings › Officers and try again",
)


def ask_for_test_letter(session: Session, actor: Actor) -> OutboxMessage:
    """Write a test letter to the actor's own address; the caller commits, the worker sends.

    A pause is lifted: whoever tests wants to know how it is now.

    Raises:
        NotPermitted: without ``setting:update``.
        DomainError: ``mail_test_off``, ``mail_test_no_address``.
    """
    require(actor, Permission.SETTING_UPDATE)
    if not read_setting(session, "mail_host"):
        raise DomainError("mail_test_off")
    officer = session.get(StaffUser, actor.staff_user_id)
    if officer is None or not officer.email:
        raise DomainError("mail_test_no_address")
    key = str(uuid.uuid4())
    letter = OutboxMessage(
        channel=OutboxChannel.EMAIL,
        recipient=officer.email,
        recipient_name=officer.full_name,
        template_key=MAIL_TEST,
        language=officer.language,
        facts={"staff_user_id": officer.id},
        dedupe_key=f"{MAIL_TEST}:{key}",
        retry_key=key,
        not_before=now(),
        expires_at=now() + KEEPS,
        created_at=now(),
    )
    lift_pause(session, OutboxChannel.EMAIL)
    session.add(letter)
    session.flush()
    return letter


def own_test_letter(session: Session, actor: Actor, letter_id: int) -> OutboxMessage:
    """Return a test letter of the actor's own.

    Raises:
        NotPermitted: it is no test letter, or somebody else's.
    """
    require(actor, Permission.SETTING_UPDATE)
    letter = session.get(OutboxMessage, letter_id)
    if (
        letter is None
        or letter.template_key != MAIL_TEST
        or letter.facts.get("staff_user_id") != actor.staff_user_id
    ):
        raise NotPermitted
    return letter
