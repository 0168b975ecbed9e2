"""The demo's own LINE: a stand-in inside the server, with the demo people's phones on ``/line-sim/``.

``attach_demo_line`` is called for every application and does nothing outside demo mode; ``demo_line`` is the
demo command's. The phones keep what they were sent in the data folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from config import Settings
from domain.rich_menus import LAY, follow_up
from domain.settings import read_setting, write_setting
from domain.vault import Vault
from extensions import write_transaction
from line_sim.api_login import login_blueprint
from line_sim.pages import line_sim_blueprint
from line_sim.server import FakeLine, make_fake_line, serve_in_thread
from line_sim.state import LOGIN_CHANNEL_ID, LOGIN_SECRET, SimChannel, SimUser
from models import DeliveryState, LineAccount, LineChannel, LineState, OutboxMessage, StaffUser

EXTENSION = "demo_line"
JOURNAL = "line-sim.jsonl"
MONTH = 1000  # Messages; enough for an afternoon, few enough that the meter shows them.
SHOWN = ("officer", "executive")  # Their phones are open when nobody has chosen others.
NOBODY = "http://127.0.0.1:9"  # Until the stand-in listens: nothing of the demo may reach LINE itself.
ACCOUNT_NAMES = {LineChannel.CITIZEN: "{town}", LineChannel.STAFF: "เจ้าหน้าที่ {town}"}


def attach_demo_line(app: Flask) -> None:
    """Give an application in demo mode its LINE: tokens and secrets of its own, and the page of phones.

    Nothing listens before ``demo_line``. Any other mode, and a demo with a LINE_API_URL, is left alone.
    """
    settings: Settings = app.extensions["settings"]
    if not settings.is_demo or settings.line_api_url is not None:
        return
    channels = [
        SimChannel(key.value, f"sim-{key}-token", f"sim-{key}-secret", quota_limit=MONTH)
        for key in ACCOUNT_NAMES
    ]
    citizen, staff = channels
    fake = make_fake_line(channels, journal=settings.data_dir / JOURNAL, allow_http=True)
    app.extensions[EXTENSION] = fake
    app.extensions["settings"] = replace(
        settings,
        line_api_url=NOBODY,
        line_pages_url=settings.public_url,  # Where the phones are open, their cookies count.
        line_citizen_token=citizen.token,
        line_citizen_secrets=(citizen.secret,),
        line_staff_token=staff.token,
        line_staff_secrets=(staff.secret,),
    )
    app.register_blueprint(line_sim_blueprint(fake))  # They refuse production by themselves, too.
    app.register_blueprint(login_blueprint(fake.state, fake.hooks))


@contextmanager
def demo_line(app: Flask, session: Session) -> Iterator[None]:
    """Let the stand-in listen, know the demo people, and send its webhooks to this server.

    Call it when the port is known: the webhooks go to the address of the app's settings.
    """
    fake: FakeLine | None = app.extensions.get(EXTENSION)
    if fake is None:
        yield
        return
    settings: Settings = app.extensions["settings"]
    introduce(fake, session)
    town = str(read_setting(session, "municipality_name"))
    for key, name in ACCOUNT_NAMES.items():
        channel = fake.state.channels[key.value]
        channel.display_name = name.format(town=town)
        channel.webhook_url = f"{settings.public_url}/line/{key}/webhook"
    with serve_in_thread(fake) as server:
        app.extensions["settings"] = replace(settings, line_api_url=server.url)
        _set_up(app.extensions["vault"])
        yield


def _set_up(vault: Vault) -> None:
    """Do what an administrator does once: paste the values of LINE Login, and lay the menus."""
    with write_transaction() as session:
        write_setting(session, "line_login_channel_id", LOGIN_CHANNEL_ID)
        write_setting(session, "line_login_secret", vault.encrypt(LOGIN_SECRET))
        follow_up(session, LAY)


def introduce(fake: FakeLine, session: Session) -> None:
    """Make everybody with a LINE account a person with a phone; whoever blocked us stays unreachable.

    The page shows the first citizen and the first two officers: whoever has the latest message, and the field
    officer and the executive of the demo accounts.
    """
    latest = (
        select(OutboxMessage.recipient, func.max(OutboxMessage.id).label("message_id"))
        .where(OutboxMessage.state != DeliveryState.CANCELLED)
        .group_by(OutboxMessage.recipient)
        .subquery()
    )
    shown = case({username: place for place, username in enumerate(SHOWN)}, value=StaffUser.username, else_=9)
    accounts = session.scalars(
        select(LineAccount)
        .outerjoin(latest, latest.c.recipient == LineAccount.line_user_id)
        .outerjoin(StaffUser, StaffUser.id == LineAccount.staff_user_id)
        .order_by(shown, func.coalesce(latest.c.message_id, 0).desc(), LineAccount.id)
    )
    for account in accounts:
        owner = account.member or account.staff_user
        name = owner.full_name if owner is not None else account.display_name or account.line_user_id
        fake.state.introduce(
            SimUser(account.line_user_id, name, (account.channel.value,), account.language),
            friend=account.state is not LineState.BLOCKED,
        )
