"""ส่งออก/นำเข้าการตั้งค่า: the whole configuration as one file, out and in, looked at before it counts."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, current_app, flash, make_response, redirect, request, send_file, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin_views.base import SecureView, needs
from admin_views.emblem import keep_emblem
from admin_views.export import attachment
from admin_views.guard import language
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from domain.clock import now, to_bangkok
from domain.configuration.document import MAX_BYTES, Document, Surroundings, read_document, write_document
from domain.configuration.exporting import export_configuration
from domain.configuration.importing import apply_import, plan_import
from domain.configuration.plan import (
    ChangeKind,
    ConfigurationMoved,
    ConfigurationRefused,
    Plan,
    RowChange,
    cell_words,
    shown,
)
from domain.configuration.sections import SETTINGS, words_of
from domain.configuration.settings import PICTURES, pictures_of
from domain.drafts import delete_draft, save_draft, take_draft
from domain.errors import DomainError, MissingField, StorageFull
from domain.permissions import Permission
from domain.setting_rules import BY_KEY
from domain.settings import read_setting
from domain.vault import new_token
from extensions import db, write_transaction
from line_hooks.template_check import check_template
from models import AuditAction, AuditEntry
from storage import FileStore, StorageFailed

FORM = "configuration"
JSON_TYPE = "application/json"
LATEST = 5
OPEN_UP_TO = 40


@dataclass(frozen=True, slots=True)
class Held:
    """A file a person has sent and not confirmed yet; it lies with the server, only its token travels."""

    token: str
    key: str
    name: str


class ConfigurationView(SecureView):
    """ส่งออก/นำเข้าการตั้งค่า."""

    def __init__(self) -> None:
        super().__init__(name=_l("ส่งออก/นำเข้าการตั้งค่า"), endpoint="configuration", url="/admin/configuration")

    @expose("/")
    @needs(Permission.SETTING_UPDATE)
    def index(self) -> Any:
        """Offer the file and take one."""
        return self._front()

    @expose("/download", methods=("POST",))
    @needs(Permission.SETTING_UPDATE)
    def download(self) -> Response:
        """Send the configuration as a file, noted in the audit log."""
        with write_transaction() as session:
            pictures = stored_pictures()
            document = export_configuration(session, current_actor(), pictures)
        response = send_file(io.BytesIO(write_document(document)), mimetype=JSON_TYPE)
        names = file_names(str(document[SETTINGS]["municipality_name"]))
        response.headers["Content-Disposition"] = attachment(*names)
        response.headers["Cache-Control"] = "no-store"
        return response

    @expose("/check", methods=("POST",))
    @needs(Permission.SETTING_UPDATE)
    def check(self) -> Any:
        """Take a file, hold it with the server and lead to what it would change."""
        data, name = _sent()
        try:
            if not data:
                raise MissingField("configuration_no_file", field="file")
            read_document(data)
            held = _hold(data, name)
        except DomainError as error:
            return self._front(error.message_in(language()), 422)
        return redirect(url_for(".preview", token=held.token), 303)

    @expose("/preview")
    @needs(Permission.SETTING_UPDATE)
    def preview(self) -> Any:
        """Show what the held file would change, or what is wrong with it."""
        held = _held(request.args.get("token", ""))
        if held is None:
            return _gone()
        off = "off" in request.args
        document = _document(held)
        with write_transaction() as session:
            plan = plan_import(session, current_actor(), document, surroundings(), switch_off_missing=off)
        return self._preview(held, plan, off)

    @expose("/apply", methods=("POST",))
    @needs(Permission.SETTING_UPDATE)
    def apply(self) -> Any:
        """Take the held file in, if it still does what was shown."""
        held = _held(request.form.get("token", ""))
        if held is None:
            return _gone()
        off = "off" in request.form
        try:
            document = _document(held)
            stored = keep_pictures(document)
            with write_transaction() as session:
                plan = apply_import(
                    session,
                    current_actor(),
                    document,
                    surroundings(stored),
                    switch_off_missing=off,
                    expected=request.form.get("shown", "")[:64],
                )
                delete_draft(session, current_actor(), held.token)
        except (ConfigurationMoved, ConfigurationRefused) as error:
            flash(error.message_in(language()), "warning")
            return redirect(_preview_url(held, off), 303)
        except DomainError as error:
            flash(error.message_in(language()), "error")
            return redirect(_preview_url(held, off), 303)
        _files().delete(held.key)
        return redirect(url_for(".result", entry_id=plan.entry_id), 303)

    @expose("/result/<int:entry_id>")
    @needs(Permission.SETTING_UPDATE)
    def result(self, entry_id: int) -> Any:
        """Show what an import did, from its line in the audit log."""
        entry = db.session.scalar(_imports().where(AuditEntry.id == min(entry_id, 2**31 - 1)))
        if entry is None:
            abort(404)
        counts = [(kind.words[_english()], entry.changes.get(kind.value, 0)) for kind in ChangeKind]
        stays = [
            (words_of(section)[_english()], key, name, english if _english() else thai)
            for section, key, name, thai, english in entry.changes.get("stays_on", [])
        ]
        return self.render("admin/configuration/result.html", entry=entry, counts=counts, stays=stays)

    def _front(self, problem: str = "", status: int = 200) -> Any:
        latest = db.session.scalars(_imports().order_by(AuditEntry.id.desc()).limit(LATEST)).all()
        page = self.render("admin/configuration/index.html", problem=problem, latest=latest)
        return make_response(page, status)

    def _preview(self, held: Held, plan: Plan, off: bool) -> Any:
        shows_all = "all" in request.args
        groups = [_group(plan, name, shows_all) for name in plan.sections()]
        page = self.render(
            "admin/configuration/preview.html",
            held=held,
            off=off,
            shows_all=shows_all,
            groups=[group for group in groups if group["rows"]],
            counts=[(kind, kind.words[_english()], plan.counts[kind]) for kind in ChangeKind],
            changes=sum(plan.counts[kind] for kind in _CHANGING),
            problems=[problem.text_in(language()) for problem in plan.problems],
            unread=plan.unread,
            can_apply=plan.changes_anything and not plan.problems,
            kept=plan.counts[ChangeKind.KEPT],
            fingerprint=plan.fingerprint(),
            urls={"all": _preview_url(held, off, shows_all=True), "changes": _preview_url(held, off)},
        )
        return make_response(page, 422 if plan.problems else 200)


_CHANGING = (ChangeKind.ADDED, ChangeKind.CHANGED, ChangeKind.OFF)


def file_names(town: str) -> tuple[str, str]:
    """Return the file's name with the town and the Buddhist day, and one in ASCII for old programs."""
    day = to_bangkok(now())
    stamp = f"{day.year + 543}-{day:%m-%d}"
    return f"การตั้งค่า_{town}_{stamp}.json", f"configuration_{stamp}.json"


def surroundings(stored: dict[str, str] | None = None) -> Surroundings:
    """Return what the rules of an import cannot know themselves.

    Args:
        stored: From ``keep_pictures``.
    """
    return Surroundings(
        vault=current_app.extensions["vault"],
        check_template=check_template,
        pictures=stored_pictures(),
        stored=stored or {},
    )


def stored_pictures() -> dict[str, bytes]:
    """Return the pictures the settings name, those that are still there."""
    found = {}
    for key in PICTURES:
        try:
            found[key] = _files().get(str(read_setting(db.session(), key)))
        except (KeyError, FileNotFoundError):  # None is set, or its file is lost.
            continue
    return found


def keep_pictures(document: Document) -> dict[str, str]:
    """Make the pictures of a file anew, keep those that differ from ours, and return their keys by setting.

    Raises:
        InvalidField: a picture cannot be read.
        Busy, StorageFull: there is no room now.
    """
    ours = stored_pictures()
    db.session.rollback()  # Decoding takes time: no read transaction stays open meanwhile.
    theirs = pictures_of(document).items()
    return {key: keep_emblem(data, key) for key, data in theirs if data != ours.get(key)}


def _sent() -> tuple[bytes, str]:
    """Return the sent file and its name; of one that is too large only so much that it can be told."""
    file = request.files.get("file")
    if file is None:
        return b"", ""
    with file.stream as stream:
        return stream.read(MAX_BYTES + 1), file.filename or ""


def _hold(data: bytes, filename: str) -> Held:
    try:
        held = Held(new_token()[:40], _files().put(data, ".json"), filename[-120:])
    except StorageFailed as failure:
        raise StorageFull from failure
    with write_transaction() as session:
        fields = {"key": held.key, "name": held.name}
        save_draft(session, current_actor(), FORM, held.token, fields)
    return held


def _held(token: str) -> Held | None:
    """Return the file behind a token, if the person who asks has sent it."""
    fields = take_draft(db.session(), current_actor(), token)
    key = str(fields.get("key", ""))
    try:
        is_there = _files().path(key).is_file()
    except FileNotFoundError:
        return None
    return Held(token, key, str(fields.get("name", ""))) if is_there else None


def _document(held: Held) -> Document:
    return read_document(_files().get(held.key))


def _gone() -> Any:
    flash(_("ไฟล์นี้นำเข้าไปแล้วหรือหมดอายุ กรุณาเลือกไฟล์อีกครั้ง"), "warning")
    return redirect(url_for(".index"), 303)


def _preview_url(held: Held, off: bool, *, shows_all: bool = False) -> str:
    chosen = {name: "1" for name, is_on in (("off", off), ("all", shows_all)) if is_on}
    return url_for(".preview", token=held.token, **chosen)


def _files() -> FileStore:
    files: FileStore = current_app.extensions["files"]
    return files


def _imports() -> Any:
    return select(AuditEntry).where(
        AuditEntry.object_type == "configuration", AuditEntry.action == AuditAction.IMPORT
    )


def _english() -> bool:
    return language() == "en"


def _group(plan: Plan, name: str, shows_all: bool) -> dict[str, Any]:
    """Return one section as the page draws it."""
    rows = plan.of_section(name)
    seen = [row for row in rows if shows_all or row.kind is not ChangeKind.UNCHANGED]
    counts = [(kind, sum(row.kind is kind for row in rows)) for kind in ChangeKind]
    return {
        "name": name,
        "words": words_of(name)[_english()],
        "counts": [(kind.words[_english()], count) for kind, count in counts if count],
        "rows": [_line(row) for row in seen],
        "is_open": len(seen) <= OPEN_UP_TO,
    }


def _line(row: RowChange) -> dict[str, Any]:
    is_setting = row.section == SETTINGS
    title = BY_KEY[row.key].words[_english()] if is_setting else row.key
    return {
        "kind": row.kind.value,
        "words": row.kind.words[_english()],
        "title": title,
        "name": "" if is_setting else row.name,
        "cells": [
            (
                _label(row.section, cell.cell),
                shown(row.section, cell.cell, cell.old, language()),
                shown(row.section, cell.cell, cell.new, language()),
            )
            for cell in row.cells
        ],
        "reason": row.reason.message_in(language()) if row.reason else "",
    }


def _label(section: str, cell: str) -> str:
    label, part = cell_words(section, cell)
    if section == SETTINGS:
        return BY_KEY[cell].words[_english()]
    return f"{_(label)}: {part}" if part else _(label)


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(ConfigurationView())


register_menu_item(
    "settings",
    "configuration.index",
    _l("ส่งออก/นำเข้าการตั้งค่า"),
    "file-import",
    Permission.SETTING_UPDATE,
    61,
)
