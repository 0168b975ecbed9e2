"""``manage.py demo``: the whole product over invented data, with the stand-in for LINE."""

from __future__ import annotations

from pathlib import Path

import click
import fontpkg_sarabun
from flask import Flask, current_app
from flask.cli import with_appcontext

from commands.database import upgrade_database
from commands.planting import plant
from commands.serve import serve, take_port
from config import DEMO_PASSWORD, Settings
from demo.accounts import plant_accounts
from demo.complaints import HOW_MANY, SCENES, YEARS, DemoTown, Pictures, is_planted
from demo.line import demo_line
from demo.line_requests import plant_requests
from demo.mail import demo_mail
from demo.papers import plant_papers
from demo.staff import ACCOUNTS
from domain.attachments import StoredFile
from domain.clock import now
from domain.settings import write_setting
from extensions import db, write_transaction
from photos import reencode

TOWN = "khon_kaen"
STREETS = 2  # Drawings of each scene and stage.
STREETS_OF = {"road": 4, "lamp": 3, "rubbish": 3, "drain": 3}  # What there is most of.
HOLD_SECONDS = 2  # A visitor of the demo should not wait half a minute for the phones to ring.
FONT = Path(fontpkg_sarabun.__file__).parent / "files" / "Sarabun-SemiBold.ttf"


@click.command("demo")
@with_appcontext
def demo_command() -> None:
    """ลองใช้ทั้งระบบด้วยข้อมูลสมมติ."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if not app.extensions["settings"].is_demo:
        raise click.ClickException("ใช้ได้ในโหมดสาธิตเท่านั้น: python3 manage.py demo")
    click.echo("\n  อยู่พี่ (U-PHEE) · โหมดสาธิต · ข้อมูลทั้งหมดสมมติขึ้น\n")
    sockets = take_port(app)
    click.echo("  กำลังเตรียมเทศบาลสาธิต… (ครั้งแรกใช้เวลาราวหนึ่งนาที)")
    if plant_demo(app):
        click.echo(f"  ✓ เทศบาลสาธิตพร้อมแล้ว: {HOW_MANY:,} เรื่อง ใน {YEARS} ปีงบประมาณ")
    else:
        click.echo("  ✓ ใช้เทศบาลสาธิตเดิมจากครั้งก่อน")
    with demo_line(app, db.session()), demo_mail(app):
        db.session.remove()
        _show_addresses(app.extensions["settings"])
        serve(app, sockets)


def plant_demo(app: Flask) -> bool:
    """Fill an empty database with the demo town, within an app context; return whether it was empty."""
    upgrade_database()
    if is_planted(db.session()):
        return False
    pictures = draw_pictures(app)
    with write_transaction() as session:
        plant(session, TOWN)
        plant_accounts(session)
        write_setting(session, "undo_hold_seconds", HOLD_SECONDS)
        # Nor wait for company, nor for the morning.
        write_setting(session, "line_merge_minutes", 0)
        write_setting(session, "line_quiet_from", "00:00")
        write_setting(session, "line_quiet_until", "00:00")
        DemoTown(session, app.extensions["vault"], pictures).plant(now())
        plant_requests(session, app.extensions["vault"])
        plant_papers(session, app)
    return True


def draw_pictures(app: Flask) -> Pictures:
    """Draw the demo photos and store them as uploads are stored: made new in a child, once for each use."""
    stored: dict[tuple[str, str], list[StoredFile]] = {}
    for number, scene in enumerate(SCENES):
        for stage in ("before", "after"):
            for street in range(STREETS_OF.get(scene, STREETS)):
                drawn = _draw(app, scene, stage, number * 10 + street)
                stored.setdefault((scene, stage), []).append(drawn)
    return Pictures(stored)


def _draw(app: Flask, scene: str, stage: str, seed: int) -> StoredFile:
    """Draw one photo. It bears no fingerprint: many cases share it, and none is the other's duplicate."""
    sandbox, files = app.extensions["sandbox"], app.extensions["files"]
    photo = reencode(sandbox.run("demo.pictures:draw_scene", scene, stage, seed, str(FONT)), sandbox)
    return StoredFile(
        storage_key=files.put(photo.full.jpeg, ".jpg"),
        preview_key=files.put(photo.small.jpeg, ".jpg"),
        print_key=files.put(photo.printed.jpeg, ".jpg"),
        media_type="image/jpeg",
        byte_size=len(photo.full.jpeg),
        sha256=photo.full.sha256,
        width=photo.full.width,
        height=photo.full.height,
        original_name=f"{scene}-{stage}.jpg",
    )


def _show_addresses(settings: Settings) -> None:
    click.echo(f"\n  ประชาชน        {settings.public_url}/")
    click.echo(f"  เจ้าหน้าที่      {settings.public_url}/admin/")
    click.echo(f"  จำลอง LINE     {settings.public_url}/line-sim/")
    click.echo(f"  กล่องจดหมาย    {settings.public_url}/mail-sim/\n")
    for officer in ACCOUNTS:
        name = f"{officer.title}{officer.first_name} {officer.last_name}"
        click.echo(f"    {officer.username:<10} {name} · {officer.position}")
    click.echo(f"\n  รหัสผ่านทุกบัญชี {DEMO_PASSWORD} · กด Ctrl-C เพื่อหยุด\n")
