"""The page ``/mail-sim/``: every letter the demo sent, plainly marked จำลอง; in demo and test only."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import getaddresses

from flask import Blueprint, Response, abort, render_template
from flask.blueprints import BlueprintSetupState
from flask_babel import get_locale

from mail_sim.server import CaughtLetter, MailBox

_BANGKOK = timezone(timedelta(hours=7))
_ALONE = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'"
"""What a letter's own HTML may do: be looked at. Its links open in a window of their own."""
HEADERS = ("From", "To", "Subject", "Date", "Message-ID")


def mail_sim_blueprint(box: MailBox) -> Blueprint:
    """Return the mailbox as a blueprint under ``/mail-sim``."""
    pages = Blueprint("mail_sim", __name__, url_prefix="/mail-sim")
    pages.record_once(_refuse_production)

    @pages.get("/")
    def letters() -> str:
        """List the letters, newest first."""
        found = box.letters[::-1]
        return render_template(
            "mail_sim/letters.html", letters=found, time=_time, people=_people, lang=get_locale().language
        )

    @pages.get("/<int:number>")
    def letter(number: int) -> str:
        """Show one letter: its head and its plain text."""
        found = box.letter(number) or abort(404)
        heads = [(name, found.header(name)) for name in HEADERS]
        text, lang = found.part("plain"), get_locale().language
        return render_template("mail_sim/letter.html", letter=found, heads=heads, text=text, lang=lang)

    @pages.get("/<int:number>/html")
    def html(number: int) -> Response:
        """Show one letter's HTML as a mail program would, with nothing fetched and no script."""
        found = box.letter(number) or abort(404)
        return Response(found.part("html"), headers={"Content-Security-Policy": _ALONE})

    return pages


def _refuse_production(setup: BlueprintSetupState) -> None:
    """Stop the start of an app that serves real citizens, should it ever mount the mailbox."""
    settings = setup.app.extensions.get("settings")
    if getattr(settings, "mode", "test") == "production":
        raise RuntimeError("the mail simulator must not be mounted in production")


def _time(moment: datetime) -> str:
    return moment.astimezone(_BANGKOK).strftime("%H:%M:%S")


def _people(letter: CaughtLetter) -> str:
    """Return the recipients by name where the letter gives one."""
    named = [name or address for name, address in getaddresses([letter.header("To")])]
    return ", ".join(named) or ", ".join(letter.recipients)
