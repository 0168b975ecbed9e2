"""The job that tries a LINE channel and says in words what is wrong; nothing is sent to anybody.

Every question has a short time-out, and the first one LINE does not answer ends the test: with a LINE that
hangs it is over within seconds, at the latest after half a minute. What is found shows up step by step.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, cast

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from domain.clock import now
from domain.line_connections import ChannelKeys, connection_of
from domain.line_findings import finding
from domain.line_quota import WARNS_AT, percent_used
from domain.line_setup import keep_bot, keep_findings
from domain.setting_changes import has_secret
from domain.settings import read_setting
from extensions import db, write_transaction
from line_hooks.client import (
    LineError,
    LineGateway,
    LineRateLimited,
    LineRetryable,
    LineUnauthorised,
)
from line_hooks.keys import keys_of
from line_hooks.setup_api import (
    Trial,
    ask_bot,
    ask_default_menu,
    ask_endpoint,
    set_endpoint,
    try_webhook,
    webhook_address,
)
from models import JobKind, LineChannel, LineConnection, RichMenu
from worker.jobs import ClaimedJob, Store, register_job

logger = logging.getLogger(__name__)

QUICK: Final = (3.0, 4.0)
PATIENT: Final = (3.0, 10.0)
"""Of LINE's own test of our webhook: LINE waits for us before it answers."""
LAST_START_SECONDS: Final = 15.0
"""No question is asked later than this: the longest one then still ends within half a minute."""
CLOCK_SECONDS: Final = 60
"""By how much clocks may differ: reply tokens and sign-ins live for a minute."""

_LOGIN_ID: Final = re.compile(r"[0-9]{10}")
_TRIAL_FINDINGS: Final = {
    "could_not_connect": "webhook_no_way",
    "request_timeout": "webhook_timeout",
    "timeout": "webhook_timeout",
}

Finding = dict[str, Any]


class _TestOver(Exception):
    """Nothing more can be found out now."""


class _Hurried:
    """A gateway whose every call ends in time, even where LINE sends its answer byte by byte."""

    def __init__(self, gateway: LineGateway, seconds: float) -> None:
        self._gateway = gateway
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._gateway, name)
        return lambda *given: _in_time(self._seconds, call, given)


def _in_time(seconds: float, call: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """Return what a call returns.

    Raises:
        LineRetryable: it takes too long; it goes on by itself, and what it brings is dropped.
        LineError: what the call raises.
    """
    brought: list[Any] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            brought.append(call(*given))
        except Exception as fault:
            failed.append(fault)

    thread = threading.Thread(target=run, name="line-test", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not brought:
        raise LineRetryable(None, "answers too slowly")
    return brought[0]


class _Look:
    """One channel while it is looked at."""

    def __init__(self, app: Flask, channel: LineChannel, keys: ChannelKeys, seen: datetime) -> None:
        self.settings: Settings = app.extensions["settings"]
        self.app = app
        self.channel = channel
        self.other = LineChannel.STAFF if channel is LineChannel.CITIZEN else LineChannel.CITIZEN
        self.keys = keys
        self.seen = seen
        self.ours = webhook_address(self.settings.public_url, channel.value)
        self.findings: list[Finding] = []
        self._began = time.monotonic()

    def gateway(self, timeout: tuple[float, float] = QUICK) -> LineGateway:
        """Return a gateway with short time-outs.

        Raises:
            ValueError: the token cannot stand in a header.
        """
        base_url = self.settings.line_api_url
        plain = LineGateway(
            self.channel.value, self.keys.token or "", base_url=base_url, timeout=timeout, at_once=1
        )
        return cast("LineGateway", _Hurried(plain, sum(timeout)))

    def take(self, step: Iterator[Finding]) -> None:
        """Take one step and keep what it finds.

        Raises:
            _TestOver: nothing more can be found out.
        """
        if time.monotonic() - self._began > LAST_START_SECONDS:
            self.findings.append(finding("too_slow"))
            raise _TestOver
        try:
            self.findings.extend(step)
        except LineError as problem:
            self.findings.append(_problem_found(problem))
            if problem.status is None or problem.status == 401:
                raise _TestOver from None
        with write_transaction() as session:
            keep_findings(session, self.channel, self.seen, self.findings, is_over=False)


def try_channel(app: Flask, job: ClaimedJob) -> Store:
    """Try the channel a job names and return what keeps the findings."""
    channel = LineChannel(job.arguments["channel"])
    keys = keys_of(app, channel, fresh=True)
    with write_transaction() as session:
        row = connection_of(session, channel)
        session.flush()
        seen = row.updated_at
    look = _Look(app, channel, keys, seen)
    if not keys.token:
        look.findings.append(finding("not_connected"))
    else:
        _try_connected(look, set_webhook=bool(job.arguments.get("set_webhook")))

    def store(session: Session) -> str | None:
        keep_findings(session, channel, seen, look.findings, is_over=True)
        return None

    return store


def _try_connected(look: _Look, *, set_webhook: bool) -> None:
    """Ask one thing after the other until all is known, or LINE does not answer."""
    try:
        gateway, patient = look.gateway(), look.gateway(PATIENT)
    except ValueError:
        look.findings.append(finding("token_malformed"))
        return
    steps: list[Callable[[], Iterator[Finding]]] = [
        lambda: _who_it_is(look, gateway),
        *([lambda: _set_address(look, gateway)] if set_webhook else []),
        lambda: _where_events_go(look, gateway),
        lambda: _what_is_left(gateway),
        lambda: _which_menu(look, gateway),
        *([_login_values] if look.channel is LineChannel.CITIZEN else []),
        lambda: _whether_events_come(look, patient),
    ]
    try:
        for step in steps:
            look.take(step())
    except _TestOver:
        logger.info("the test of a LINE channel ended early", extra={"line_channel": look.channel.value})
    finally:
        gateway.close()
        patient.close()


def _problem_found(problem: LineError) -> Finding:
    if isinstance(problem, LineUnauthorised):
        return finding("token_refused" if problem.status == 401 else "token_forbidden")
    if isinstance(problem, LineRetryable) and problem.status is None:
        return finding("unreachable", fault=problem.detail)
    return finding("line_is_ill", fault=f"{problem.status} {problem.detail}".strip())


def _who_it_is(look: _Look, gateway: LineGateway) -> Iterator[Finding]:
    """Look at name, clock, chat, and whether both channels are one account."""
    started = now()
    bot, their_time = ask_bot(gateway)
    named = {name: str(bot.get(name) or "") for name in ("userId", "basicId", "displayName")}
    yield finding("bot", name=named["displayName"], basic_id=named["basicId"])
    if their_time is not None:
        apart = round(abs((started - their_time).total_seconds()))
        yield finding("clock_off", seconds=apart) if apart > CLOCK_SECONDS else finding("clock_well")
    if _is_bot_of_other(look, named["userId"]):
        yield finding("same_bot", other=look.other.value)
    if bot.get("chatMode") == "chat":
        yield finding("chat_on")
    with write_transaction() as session:
        keep_bot(session, look.channel, look.seen, named)


def _is_bot_of_other(look: _Look, bot_user_id: str) -> bool:
    """Tell whether the other channel has the same token, or was found to be the same account."""
    if keys_of(look.app, look.other, fresh=True).token == look.keys.token:
        return True
    session = db.session()
    row = session.get(LineConnection, look.other, populate_existing=True)
    # What was known of the other one before its values changed says nothing.
    known = row.bot_user_id if row is not None and row.tested_at is not None else None
    session.rollback()
    return bool(bot_user_id) and known == bot_user_id


def _set_address(look: _Look, gateway: LineGateway) -> Iterator[Finding]:
    if not _can_be_reached(look):
        return
    try:
        set_endpoint(gateway, look.ours)
    except LineError as problem:
        if problem.status is None or problem.status == 401:
            raise
        yield finding("webhook_put_refused", fault=problem.detail)
    else:
        yield finding("webhook_put")


def _can_be_reached(look: _Look) -> bool:
    return look.ours.startswith("https://") or look.settings.line_api_url is not None


def _where_events_go(look: _Look, gateway: LineGateway) -> Iterator[Finding]:
    if not _can_be_reached(look):
        yield finding("webhook_not_https", url=look.settings.public_url)
        return
    endpoint = ask_endpoint(gateway)
    if endpoint is None:
        yield finding("webhook_unset")
    elif endpoint.url == webhook_address(look.settings.public_url, look.other.value):
        yield finding("swapped", other=look.other.value)
    elif endpoint.url != look.ours:
        yield finding("webhook_other", url=endpoint.url[:200])
    else:
        yield finding("webhook_well") if endpoint.is_active else finding("webhook_inactive")


def _whether_events_come(look: _Look, gateway: LineGateway) -> Iterator[Finding]:
    """Let LINE try our own address, whatever is set there: it also tells whether the secret is right."""
    if not _can_be_reached(look):
        return
    try:
        trial = try_webhook(gateway, look.ours)
    except LineRateLimited:
        yield finding("webhook_test_limit")
        return
    yield _trial_found(trial)


def _trial_found(trial: Trial) -> Finding:
    if trial.is_well:
        return finding("webhook_test_well")
    if trial.status == 401:
        return finding("webhook_secret_wrong")
    if trial.reason in _TRIAL_FINDINGS:
        return finding(_TRIAL_FINDINGS[trial.reason], detail=trial.detail)
    if trial.status is not None and trial.status != 200:
        return finding("webhook_status", status=str(trial.status))
    return finding("webhook_odd", detail=" ".join(filter(None, (trial.reason, trial.detail))))


def _what_is_left(gateway: LineGateway) -> Iterator[Finding]:
    quota = gateway.quota()
    percent = percent_used(quota.used, quota.limit)
    if quota.limit is None or percent is None:
        yield finding("quota_unlimited", used=quota.used)
    elif percent >= 100:
        yield finding("quota_out", limit=quota.limit)
    else:
        code = "quota_low" if percent >= WARNS_AT else "quota_well"
        yield finding(code, used=quota.used, limit=quota.limit)


def _which_menu(look: _Look, gateway: LineGateway) -> Iterator[Finding]:
    laid = ask_default_menu(gateway)
    if laid is None:
        yield finding("menu_none")
        return
    session = db.session()
    wanted = select(RichMenu.id).where(
        RichMenu.channel == look.channel, RichMenu.line_menu_id == laid, RichMenu.retired_at.is_(None)
    )
    is_ours = session.scalar(wanted.limit(1)) is not None
    session.rollback()
    yield finding("menu_well" if is_ours else "menu_other")


def _login_values() -> Iterator[Finding]:
    """Look at the values of LINE Login, as far as their shape tells."""
    session = db.session()
    channel_id = str(read_setting(session, "line_login_channel_id") or "").strip()
    is_secret_kept = has_secret(session, "line_login_secret")
    session.rollback()
    if not channel_id:
        yield finding("login_off")
        return
    yield from list(_login_problems(channel_id, is_secret_kept)) or [finding("login_well")]


def _login_problems(channel_id: str, is_secret_kept: bool) -> Iterator[Finding]:
    if not _LOGIN_ID.fullmatch(channel_id):
        yield finding("login_id_malformed")
    elif not is_secret_kept:
        yield finding("login_no_secret")


register_job(JobKind.LINE_TEST, try_channel)
