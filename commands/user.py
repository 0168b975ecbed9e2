"""``manage.py user …``: officers' accounts from the machine itself; nobody is ever given a password."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.account_links import IssuedLink, issue_link
from domain.accounts import (
    NewStaffUser,
    create_staff_user,
    disable_staff_user,
    enable_staff_user,
    has_administrator,
    invite,
    reset_totp,
)
from domain.actor import Actor
from domain.errors import DomainError, DuplicateEntry, FieldErrors
from domain.sign_in import fold_username
from domain.thai_calendar import thai_datetime
from extensions import db, write_transaction
from models import Department, LinkPurpose, Role, StaffUser

user_group = AppGroup("user", help="บัญชีเจ้าหน้าที่: เพิ่ม ออกลิงก์ ปิด เปิด")


def first_administrator_link(app: Flask) -> str | None:
    """Issue the set-up link and return its address; None when somebody can manage accounts already.

    Needs an application context. An earlier link that nobody used is void afterwards.
    """
    with write_transaction() as session:
        if has_administrator(session):
            return None
        link = issue_link(session, LinkPurpose.FIRST_ADMINISTRATOR)
    return f"{app.extensions['settings'].public_url}/setup?key={link.token}"


@user_group.command("setup-link")
def setup_link_command() -> None:
    """ออกลิงก์ตั้งผู้ดูแลระบบคนแรก (ใช้ได้ 1 ชั่วโมง ครั้งเดียว)."""
    link = first_administrator_link(current_app._get_current_object())  # type: ignore[attr-defined]
    if link is None:
        raise click.ClickException("มีผู้ดูแลระบบแล้ว ให้ใช้ user reset <ชื่อผู้ใช้> หากลืมรหัสผ่าน")
    click.echo(f"เปิดลิงก์นี้ภายใน 1 ชั่วโมง (ใช้ได้ครั้งเดียว):\n{link}")


@user_group.command("add")
@click.argument("username")
@click.option("--first-name", required=True, help="ชื่อ")
@click.option("--last-name", help="นามสกุล")
@click.option("--title", help="คำนำหน้า")
@click.option("--position", help="ตำแหน่ง")
@click.option("--email", help="อีเมล")
@click.option("--phone", help="โทรศัพท์")
@click.option("--department", help="รหัสหน่วยงาน")
@click.option("--role", "roles", multiple=True, required=True, help="รหัสบทบาท ใส่ซ้ำได้")
def add_command(
    username: str,
    first_name: str,
    department: str | None,
    roles: tuple[str, ...],
    **more: str | None,
) -> None:
    """เพิ่มเจ้าหน้าที่ และแสดงลิงก์เชิญ."""
    try:
        with write_transaction() as session:
            entry = NewStaffUser(
                username=username,
                first_name=first_name,
                department_id=_id_of(session, Department, department) if department else None,
                role_ids=tuple(_id_of(session, Role, role) for role in roles),
                **more,
            )
            user = create_staff_user(session, _actor(), entry)
            link = invite(session, _actor(), user)
    except DomainError as error:
        raise click.ClickException(_words(error)) from error
    click.echo(f"เพิ่ม {username} แล้ว")
    _print_link(link)


@user_group.command("reset")
@click.argument("username")
@click.option("--second-factor", is_flag=True, help="ล้างการยืนยันตัวตนขั้นที่สองด้วย (โทรศัพท์หาย)")
def reset_command(username: str, second_factor: bool) -> None:
    """แสดงลิงก์ตั้งรหัสผ่านใหม่."""
    try:
        with write_transaction() as session:
            user = _user(session, username)
            link = invite(session, _actor(), user)
            if second_factor:
                reset_totp(session, _actor(), user)
    except DomainError as error:
        raise click.ClickException(_words(error)) from error
    _print_link(link)


@user_group.command("disable")
@click.argument("username")
def disable_command(username: str) -> None:
    """ปิดบัญชี และออกจากระบบทุกอุปกรณ์ทันที."""
    try:
        with write_transaction() as session:
            disable_staff_user(session, _actor(), _user(session, username))
    except DomainError as error:
        raise click.ClickException(_words(error)) from error
    click.echo(f"ปิดบัญชี {username} แล้ว")


@user_group.command("enable")
@click.argument("username")
def enable_command(username: str) -> None:
    """เปิดบัญชีที่ปิดไว้."""
    with write_transaction() as session:
        enable_staff_user(session, _actor(), _user(session, username))
    click.echo(f"เปิดบัญชี {username} แล้ว")


@user_group.command("list")
def list_command() -> None:
    """แสดงบัญชีทั้งหมด."""
    for user in db.session.scalars(select(StaffUser).order_by(StaffUser.username)):
        roles = ",".join(sorted(role.code for role in user.roles)) or "-"
        department = user.department.code if user.department else "-"
        click.echo(f"{user.username:<20} {_state(user):<12} {roles:<24} {department:<16} {user.full_name}")


def _state(user: StaffUser) -> str:
    if not user.is_active:
        return "ปิด"
    return "ใช้งาน" if user.password_hash else "รอตั้งรหัส"


def _actor() -> Actor:
    return Actor(kind="system", name="manage.py user", via="cli")


def _user(session: Session, username: str) -> StaffUser:
    user = session.scalar(select(StaffUser).where(StaffUser.username == (fold_username(username) or "")))
    if user is None:
        raise click.ClickException(f"ไม่มีผู้ใช้ชื่อ {username}")
    return user


def _id_of(session: Session, kind: type[Department] | type[Role], code: str) -> int:
    found = session.scalar(select(kind.id).where(kind.code == code))
    if found is None:
        known = ", ".join(session.scalars(select(kind.code).order_by(kind.code)))
        raise click.ClickException(f"ไม่รู้จักรหัส {code} ที่มีคือ {known}")
    return found


def _words(error: DomainError) -> str:
    if isinstance(error, FieldErrors):
        return "\n".join(f"{each.field}: {each.message}" for each in error.errors)
    return f"{error.field}: {error.message}" if isinstance(error, DuplicateEntry) else error.message


def _print_link(link: IssuedLink) -> None:
    address = f"{current_app.extensions['settings'].public_url}/admin/link/{link.token}"
    click.echo(f"ส่งลิงก์นี้ให้เจ้าของบัญชี ใช้ได้ครั้งเดียวถึง {thai_datetime(link.expires_at)}:\n{address}")
