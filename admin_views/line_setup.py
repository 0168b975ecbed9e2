"""เชื่อมต่อ LINE: the values of both channels, our addresses to copy, and a test that says what is wrong.

No request here asks LINE anything: the worker does, and the page follows what it finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import abort, current_app, flash, make_response, redirect, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField

from admin_views.base import SecureView, needs
from admin_views.complaint_forms import StepForm
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from config import Settings
from documents.drawings import qr_data_uri
from domain.clock import now
from domain.errors import DomainError
from domain.line_connections import forget_keys, keep_keys
from domain.line_findings import said
from domain.line_joining import join_address
from domain.line_setup import LastTest, ask_for_test, last_test
from domain.permissions import Permission
from domain.setting_changes import has_secret
from domain.settings import read_setting
from extensions import db, write_transaction
from line_hooks.keys import environment_keys
from line_hooks.setup_api import webhook_address
from models import LineChannel, LineConnection

NAMES = {LineChannel.CITIZEN: _l("บัญชี LINE ของประชาชน"), LineChannel.STAFF: _l("บัญชี LINE ของเจ้าหน้าที่")}
LOGIN_CALLBACK = "/line/login/callback"
ENDPOINT_FINDINGS = frozenset({"webhook_unset", "webhook_other", "swapped"})
"""What our button mends: LINE sends its events nowhere, or elsewhere."""


@dataclass(frozen=True, slots=True)
class Line:
    """One finding as the page shows it."""

    code: str
    verdict: str
    sentence: str
    mend: str


@dataclass(frozen=True, slots=True)
class Card:
    """One channel as the page shows it.

    Attributes:
        channel: Which one.
        name: What the page calls it.
        address: Our webhook address.
        is_fixed: The environment of the server holds its values.
        is_connected: It has token and secret.
        row: What is kept of it; None before anything was.
        previous_until: Until when the secret before is accepted too; None once it is not.
        test: How the last test stands.
        lines: Its findings in words.
        form: The boxes.
    """

    channel: LineChannel
    name: str
    address: str
    is_fixed: bool
    is_connected: bool
    row: LineConnection | None
    previous_until: Any
    test: LastTest
    lines: list[Line]
    form: StepForm

    @property
    def can_set_address(self) -> bool:
        """Tell whether our button would mend something."""
        return any(line.code in ENDPOINT_FINDINGS for line in self.lines)

    @property
    def verdict(self) -> str:
        """Return the worst of the findings."""
        found = {line.verdict for line in self.lines}
        return next((one for one in ("broken", "look") if one in found), "well")


class LineSetupView(SecureView):
    """The page on which a town connects LINE by itself."""

    def __init__(self) -> None:
        super().__init__(name=_l("เชื่อมต่อ LINE"), endpoint="line_setup", url="/admin/line")

    @expose("/")
    @needs(Permission.LINE_MANAGE)
    def index(self) -> Any:
        """Show guide, both channels and how their tests stand."""
        return self._page({})

    @expose("/<channel>/keys", methods=("POST",))
    @needs(Permission.LINE_MANAGE)
    def keys(self, channel: str) -> Any:
        """Keep the values of a channel and try them at once."""
        known = self._open_channel(channel)
        form = _form(known)
        token, secret = (str(form[f"{channel}-{name}"].data or "") for name in ("token", "secret"))
        try:
            with write_transaction() as session:
                vault = current_app.extensions["vault"]
                keep_keys(session, current_actor(), vault, known, token=token, secret=secret)
                ask_for_test(session, current_actor(), known)
        except DomainError as error:
            _place(form, known, error)
            return self._page({known: form}, 422)
        _wake_worker()
        flash(_("บันทึกแล้ว กำลังทดสอบค่าที่วาง"), "success")
        return self._back(known)

    @expose("/<channel>/forget", methods=("POST",))
    @needs(Permission.LINE_MANAGE)
    def forget(self, channel: str) -> Any:
        """Disconnect a channel."""
        known = self._open_channel(channel)
        with write_transaction() as session:
            forget_keys(session, current_actor(), known)
        flash(_("เลิกเชื่อมต่อแล้ว ค่าที่เก็บไว้ถูกลบ"), "success")
        return self._back(known)

    @expose("/<channel>/test", methods=("POST",))
    @needs(Permission.LINE_MANAGE)
    def test(self, channel: str) -> Any:
        """Ask the worker to try a channel."""
        return self._ask(_channel(channel), set_webhook=False)

    @expose("/<channel>/webhook", methods=("POST",))
    @needs(Permission.LINE_MANAGE)
    def webhook(self, channel: str) -> Any:
        """Ask the worker to tell LINE our address, and to try the channel."""
        return self._ask(_channel(channel), set_webhook=True)

    def _ask(self, channel: LineChannel, *, set_webhook: bool) -> Any:
        with write_transaction() as session:
            ask_for_test(session, current_actor(), channel, set_webhook=set_webhook)
        _wake_worker()
        return self._back(channel)

    def _open_channel(self, channel: str) -> LineChannel:
        """Return the channel if its values are kept here; those of the server's environment are not."""
        known = _channel(channel)
        if environment_keys(_settings(), known) is not None:
            abort(409)
        return known

    def _back(self, channel: LineChannel) -> Any:
        return redirect(url_for(".index", _anchor=channel.value), 303)

    def _page(self, forms: dict[LineChannel, StepForm], status: int = 200) -> Any:
        settings = _settings()
        joins_at = join_address(settings.public_url)
        cards = [_card(channel, forms.get(channel) or _form(channel)) for channel in LineChannel]
        page = self.render(
            "admin/line/setup.html",
            cards=cards,
            bad_form=next((card.form for card in cards if card.channel in forms), None),
            public_url=settings.public_url,
            is_https=settings.public_url.startswith("https://"),
            is_stand_in=settings.line_api_url is not None,
            login=_login(),
            is_unnamed=any(card.row is None or not card.row.basic_id for card in cards),
            join_address=joins_at,
            join_qr=qr_data_uri(joins_at),
            callback_url=f"{settings.public_url}{LOGIN_CALLBACK}",
            may_set=current_actor().can(Permission.SETTING_READ),
            may_see_quota=current_actor().can(Permission.DELIVERY_READ),
        )
        return make_response(page, status)


def _form(channel: LineChannel) -> StepForm:
    """Return the two boxes of a channel; what is kept is never in them."""
    boxes = {
        f"{channel.value}-token": PasswordField(_l("Channel access token")),
        f"{channel.value}-secret": PasswordField(_l("Channel secret")),
    }
    shape = type("KeysForm", (StepForm,), boxes)
    form: StepForm = shape()
    return form


def _place(form: StepForm, channel: LineChannel, error: DomainError) -> None:
    """Put the words of an error beside the channel's own boxes."""
    for part in getattr(error, "errors", (error,)):
        box, text = f"{channel.value}-{part.field}", part.message_in(language())
        if box in form:
            form[box].errors = [*form[box].errors, text]
        else:
            form.form_errors.append(text)


def _card(channel: LineChannel, form: StepForm) -> Card:
    settings = _settings()
    row = db.session.get(LineConnection, channel)
    fixed = environment_keys(settings, channel) is not None
    until = row.previous_until if row is not None else None
    state = last_test(db.session(), channel)
    return Card(
        channel=channel,
        name=str(NAMES[channel]),
        address=webhook_address(settings.public_url, channel.value),
        is_fixed=fixed,
        is_connected=fixed or (row is not None and bool(row.token and row.secret)),
        row=row,
        previous_until=until if until is not None and until > now() and not fixed else None,
        test=state,
        lines=[_line(one) for one in state.findings],
        form=form,
    )


def _line(found: dict[str, Any]) -> Line:
    sentence, mend = said(found, language())
    return Line(str(found.get("code")), str(found.get("verdict", "look")), sentence, mend)


def _login() -> dict[str, bool]:
    """Return which values of LINE Login there are."""
    session = db.session()
    return {
        "channel_id": bool(read_setting(session, "line_login_channel_id")),
        "secret": has_secret(session, "line_login_secret"),
    }


def _channel(text: str) -> LineChannel:
    return LineChannel(text) if text in set(LineChannel) else _nowhere()


def _nowhere() -> NoReturn:
    abort(404)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _wake_worker() -> None:
    """End the sleep of the worker in this process, if there is one; others notice within seconds."""
    ring: Callable[[], None] | None = current_app.extensions.get("wake_worker")
    if ring is not None:
        ring()


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(LineSetupView())


register_menu_item(
    "settings", "line_setup.index", _l("เชื่อมต่อ LINE"), "brand-line", Permission.LINE_MANAGE, 53
)
