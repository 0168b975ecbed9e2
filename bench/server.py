"""The servers ``bench.serving`` measures: a bare hello, and the product over 20,000 complaints."""

from __future__ import annotations

import sys
from pathlib import Path

import waitress
from flask import Flask

from app import create_app
from bench.filling import fill
from bench.town import TOWN, bench_settings, signed_in
from commands.database import upgrade_database
from commands.planting import plant
from commands.serve import CHANNEL_TIMEOUT, CONNECTION_LIMIT, THREADS
from demo.accounts import plant_accounts
from extensions import db, write_transaction

ROWS = 20_000


def hello() -> Flask:
    """Return the floor: one route, nothing else."""
    app = Flask("hello")
    app.add_url_rule("/", "hello", lambda: "hello")
    return app


def product(folder: Path) -> tuple[Flask, str]:
    """Return the product over a filled town, and a signed-in clerk's cookie."""
    app = create_app(bench_settings(folder))
    with app.app_context():
        upgrade_database()
        with write_transaction() as session:
            plant(session, TOWN)
            plant_accounts(session)
        fill(db.session(), rows=ROWS)
        db.session.commit()
        client = signed_in(app, "central")
        cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"], domain="localhost")
        db.session.remove()
    return app, f"{app.config['SESSION_COOKIE_NAME']}={cookie.value if cookie else ''}"


def main(what: str, port: str, folder: str) -> None:
    """Serve until terminated; the first line printed says ready and carries the cookie."""
    app, cookie = (hello(), "") if what == "hello" else product(Path(folder))
    sys.stdout.write(f"ready {cookie}\n")
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
