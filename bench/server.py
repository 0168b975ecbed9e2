"""The servers ``bench.serving`` measures: a bare hello, and the product over 20,000 complaints."""

from __future__ import annotations

import json
import logging
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import waitress
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from bench.filling import fill
from bench.town import TOWN, bench_settings, signed_in
from bench.webhooks import SECRET
from commands.database import upgrade_database
from commands.planting import plant
from commands.serve import CHANNEL_TIMEOUT, CONNECTION_LIMIT, THREADS
from demo.accounts import plant_accounts
from extensions import db, write_transaction
from models import Channel, Member, StaffUser, Subcategory

ROWS = 20_000


def hello() -> Flask:
    """Return the floor: one route, nothing else."""
    app = Flask("hello")
    app.add_url_rule("/", "hello", lambda: "hello")
    return app


def product(folder: Path) -> tuple[Flask, dict[str, Any]]:
    """Return the product over a filled town, a signed-in clerk's cookie and what the clerk types."""
    app = create_app(bench_settings(folder))
    with app.app_context():
        upgrade_database()
        with write_transaction() as session:
            plant(session, TOWN)
            plant_accounts(session)
        fill(db.session(), rows=ROWS)
        db.session.commit()
        client = signed_in(app, "clerk")
        form = entry_form(client)  # The look at the page also makes the cookie's form secret.
        name = app.config["SESSION_COOKIE_NAME"]
        cookie = client.get_cookie(name, domain="localhost")
        db.session.remove()
    return app, {"cookie": f"{name}={cookie.value if cookie else ''}", "form": form}


def webhook(folder: Path) -> tuple[Flask, dict[str, Any]]:
    """Return the product over an empty town with a LINE channel, and whether it has loaded LINE's SDK."""
    keys = {"line_citizen_token": "bench", "line_citizen_secrets": (SECRET,)}
    app = create_app(replace(bench_settings(folder), **keys))
    with app.app_context():
        upgrade_database()
        with write_transaction() as session:
            plant(session, TOWN)
        db.session.remove()
    return app, {"heavy": sum(name.startswith("linebot") for name in sys.modules)}


def entry_form(client: FlaskClient) -> dict[str, str]:
    """Return a filled entry form with an officer, all but its own token."""
    page = client.get("/admin/complaint/new").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("the entry form has no CSRF token")
    session = db.session()
    officer = session.scalars(select(StaffUser).where(StaffUser.username == "clerk")).one()
    subcategory = session.scalars(select(Subcategory).where(Subcategory.code == "ช.(1)")).one()
    values = {
        "csrf_token": found[1],
        "act": "save_apart",
        "who": "member",
        "member_id": session.scalars(select(Member.id).where(Member.is_shared.is_(False))).first(),
        "story": "ถนนเป็นหลุมหน้าตลาด ขอให้ซ่อม",
        "channel_id": session.scalars(select(Channel.id)).first(),
        "category_id": subcategory.category_id,
        "subcategory_id": subcategory.id,
        "assignee_id": officer.id,
        "kind": "complaint",
        "urgency": "normal",
        "disclosure": "concealed",
    }
    return {key: str(value) for key, value in values.items()}


def main(what: str, port: str, folder: str) -> None:
    """Serve until terminated; the first line printed says ready and carries what the client needs."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # Fifty clients on eight threads do queue.
    makers = {"product": product, "webhook": webhook}
    app, facts = makers[what](Path(folder)) if what in makers else (hello(), {})
    sys.stdout.write(f"ready {json.dumps(facts)}\n")
    sys.stdout.flush()
    waitress.serve(
        app,
        listen=f"127.0.0.1:{port}",
        threads=THREADS,
        connection_limit=CONNECTION_LIMIT,
        channel_timeout=CHANNEL_TIMEOUT,
        _quiet=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
