"""The demo's own mailbox: a mail server inside the process that keeps every letter and passes none on.

``attach_demo_mail`` is called for every application in demo mode; ``demo_mail`` is the demo command's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from demo.staff import ACCOUNTS, COLLEAGUES
from domain.settings import write_setting
from extensions import write_transaction
from mail_sim.pages import mail_sim_blueprint
from mail_sim.server import MailBox, MailServer
from models import Setting, StaffUser

EXTENSION = "demo_mail"
DOMAIN = "khonkaen.example"
SENDER = f"complaints@{DOMAIN}"
SHOWN_WAYS = {"staff_directed": ["line", "bell", "email"]}
"""A visitor should see a letter for the first order he gives; towns tick this themselves."""


def attach_demo_mail(app: Flask) -> None:
    """Give an application in demo mode its mailbox and its page; nothing listens before ``demo_mail``."""
    settings: Settings = app.extensions["settings"]
    if not settings.is_demo:
        return
    app.extensions[EXTENSION] = MailBox()
    app.register_blueprint(mail_sim_blueprint(app.extensions[EXTENSION]))  # It refuses production, too.


@contextmanager
def demo_mail(app: Flask) -> Iterator[None]:
    """Let the mailbox listen, and point the town's settings to it; needs an application context.

    The port is another one at each start, and a demo must never write to anybody outside.
    """
    box: MailBox | None = app.extensions.get(EXTENSION)
    if box is None:
        yield
        return
    with MailServer(box) as server:
        with write_transaction() as session:
            point_to(session, server)
            give_addresses(session)
        yield


def point_to(session: Session, server: MailServer) -> None:
    """Write the settings of the mail server; the caller commits."""
    values = {"mail_host": server.host, "mail_port": server.port, "mail_security": "none", "mail_user": ""}
    for key, value in {**values, "mail_password": "", "mail_from": SENDER}.items():
        write_setting(session, key, value)
    if session.get(Setting, "telling_ways") is None:
        write_setting(session, "telling_ways", SHOWN_WAYS)


def give_addresses(session: Session) -> None:
    """Give the demo's own officers an invented address where they have none; the caller commits."""
    names = [officer.username for officer in (*ACCOUNTS, *COLLEAGUES)]
    for officer in session.scalars(
        select(StaffUser).where(StaffUser.username.in_(names), StaffUser.email.is_(None))
    ):
        officer.email = f"{officer.username}@{DOMAIN}"
