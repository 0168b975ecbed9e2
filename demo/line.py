"""The demo's own LINE: a stand-in inside the server, with the demo people's phones on ``/line-sim/``.

``attach_demo_line`` is called for every application and does nothing outside demo mode; ``demo_line`` is the
demo command's. The phones keep what they were sent in the data folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import Settings
from domain.settings import read_setting
from line_sim.pages import line_sim_blueprint
from line_sim.server import FakeLine, make_fake_line, serve_in_thread
from line_sim.state import SimChannel, SimUser
from models import DeliveryState, LineAccount, LineChannel, LineState, OutboxMessage

EXTENSION = "demo_line"
JOURNAL = "line-sim.jsonl"
NOBODY = "http://127.0.0.1:9"  # Until the stand-in listens: nothing of the demo may reach LINE itself.
ACCOUNT_NAMES = {LineChannel.CITIZEN: "{town}", LineChannel.STAFF: "เจ้าหน้าที่ {town}"}


def attach_demo_line(app: Flask) -> None:
    """Give an application in demo mode its LINE: tokens and secrets of its own, and the page of phones.

    Nothing listens before ``demo_line``. Any other mode, and a demo with a LINE_API_URL, is left alone.
    """
    settings: Settings = app.extensions["settings"]
    if not settings.is_demo or settings.line_api_url is not None:
        return
    channels = [SimChannel(key.value, f"sim-{key}-token", f"sim-{key}-secret") for key in ACCOUNT_NAMES]
    citizen, staff = channels
    fake = make_fake_line(channels, journal=settings.data_dir / JOURNAL, allow_http=True)
    app.extensions[EXTENSION] = fake
    app.extensions["settings"] = replace(
        settings,
        line_api_url=NOBODY,
        line_citizen_token=citizen.token,
        line_citizen_secrets=(citizen.secret,),
        line_staff_token=staff.token,
        line_staff_secrets=(staff.secret,),
    )
    app.register_blueprint(line_sim_blueprint(fake))  # It refuses production by itself, too.


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
        channel.webhook_url = f"http://127.0.0.1:{settings.port}/line/{key}/webhook"
    with serve_in_thread(fake) as server:
        app.extensions["settings"] = replace(settings, line_api_url=server.url)
        yield


def introduce(fake: FakeLine, session: Session) -> None:
    """Make everybody with a LINE account a person with a phone; whoever blocked us stays unreachable.

    Whoever has the latest message comes first: the page shows the first phone of each kind.
    """
    latest = (
        select(OutboxMessage.recipient, func.max(OutboxMessage.id).label("message_id"))
        .where(OutboxMessage.state != DeliveryState.CANCELLED)
        .group_by(OutboxMessage.recipient)
        .subquery()
    )
    accounts = session.scalars(
        select(LineAccount)
        .outerjoin(latest, latest.c.recipient == LineAccount.line_user_id)
        .order_by(func.coalesce(latest.c.message_id, 0).desc(), LineAccount.id)
    )
    for account in accounts:
        owner = account.member or account.staff_user
        name = owner.full_name if owner is not None else account.line_user_id
        with fake.state.lock:
            user = SimUser(account.line_user_id, name, (account.channel.value,))
            fake.state.users[user.user_id] = user
            if account.state is not LineState.BLOCKED:
                fake.state.befriend(account.channel.value, user.user_id)
