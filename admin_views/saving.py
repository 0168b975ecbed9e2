"""How a screen writes: one transaction, opened before the first query, with rules and audit inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import flash, request
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import MANYTOONE, Session
from wtforms import HiddenField

from admin_views.database_errors import refusal_of
from admin_views.guard import language
from admin_views.identity import current_actor
from domain.actor import Actor
from domain.audit import column_changes, record
from domain.drafts import delete_draft
from domain.errors import DomainError, FieldErrors, StaleRow
from extensions import write_transaction
from models import AuditAction

Refusal = DomainError | SQLAlchemyError
Rule = Callable[[Session, Actor, Any], None]


class RowVersionField(HiddenField):
    """The version of the row the form was filled from; never written back."""

    def populate_obj(self, obj: Any, name: str) -> None:
        """Leave the row alone."""


class Saving:
    """The writing half of ``SecureModelView``.

    A child whose rows have verbs in the domain overrides ``insert`` and ``change`` and calls those; the
    others declare a ``rule``.
    """

    rule: ClassVar[Rule | None] = None  # Asked with the filled row before it is saved; raises DomainError.
    settled: ClassVar[Rule | None] = None  # Asked after the flush, while everything can still be undone.
    table: ClassVar[type[Any]]

    def insert(self, session: Session, actor: Actor, form: Any) -> Any:
        """Add the row a form describes and return it; the caller commits."""
        row = self.table()
        with session.no_autoflush:
            changes = self._fill(session, actor, form, row)
        session.add(row)
        session.flush()
        record(session, actor, AuditAction.CREATE, row, changes=changes)
        return row

    def change(self, session: Session, actor: Actor, form: Any, row: Any) -> None:
        """Change a row as a form says; the caller commits."""
        with session.no_autoflush:
            changes = self._fill(session, actor, form, row)
        session.flush()
        if changes:
            record(session, actor, AuditAction.UPDATE, row, changes=changes)

    def _settle(self, session: Session, actor: Actor, row: Any) -> None:
        if self.settled is not None:
            type(self).settled(session, actor, row)  # type: ignore[misc]
        if token := request.args.get("draft"):
            delete_draft(session, actor, token)

    def _fill(self, session: Session, actor: Actor, form: Any, row: Any) -> dict[str, Any]:
        form.populate_obj(row)
        changes = related_changes(row)
        changes |= {field.name: field.changes for field in form if getattr(field, "changes", None)}
        copy_foreign_keys(row)
        if self.rule is not None:
            type(self).rule(session, actor, row)  # type: ignore[misc]
        return {**column_changes(row), **changes}

    def create_model(self, form: Any) -> Any:
        """Save a new row; False when something was refused and the form shows what."""
        actor = current_actor()
        try:
            with write_transaction() as session:
                row = self.insert(session, actor, form)
                self._settle(session, actor, row)
        except (DomainError, SQLAlchemyError) as error:
            self.show_refusal(error, form)
            return False
        self.after_model_change(form, row, True)  # type: ignore[attr-defined]
        return row

    def update_model(self, form: Any, model: Any) -> bool:
        """Save a changed row, read again under the lock; False when something was refused."""
        actor, row_id = current_actor(), model.id
        try:
            with write_transaction() as session:
                row = self._row(row_id, lock=True)  # type: ignore[attr-defined]
                refuse_stale(form, row)
                self.change(session, actor, form, row)
                self._settle(session, actor, row)
        except (DomainError, SQLAlchemyError) as error:
            self.show_refusal(error, form, row_id)
            return False
        self.after_model_change(form, row, False)  # type: ignore[attr-defined]
        return True

    def delete_model(self, model: Any) -> bool:
        """Delete a row; False when other data still use it."""
        actor, row_id = current_actor(), model.id
        try:
            with write_transaction() as session:
                row = self._row(row_id, lock=True)  # type: ignore[attr-defined]
                record(session, actor, AuditAction.DELETE, row, changes={"name": [str(row), None]})
                session.delete(row)
        except (DomainError, SQLAlchemyError) as error:
            self.show_refusal(error, None)
            return False
        return True

    def show_refusal(self, error: Refusal, form: Any, row_id: int | None = None) -> None:
        """Put an error where the person sees it: below its field, else on top; the typed values stay."""
        problem = refusal_of(error, self.table.__table__)
        if isinstance(problem, StaleRow) and row_id is not None and "row_version" in form:
            self._show_both_versions(form, row_id)
        parts = problem.errors if isinstance(problem, FieldErrors) else (problem,)
        for part in parts:
            field = None if form is None else form_field(form, part.field)
            if field is None:
                flash(part.message_in(language()), "error")
            else:
                field.errors = [*field.errors, part.message_in(language())]

    def _show_both_versions(self, form: Any, row_id: int) -> None:
        """Write the other person's value below each field that differs; saving again then overrules it."""
        row = self.get_one(row_id)  # type: ignore[attr-defined]
        theirs = type(form)(obj=row)
        rows = []
        for field in form:
            now, mine = shown(theirs[field.name]), shown(field)
            if isinstance(field, RowVersionField) or now == mine:
                continue
            rows.append({"label": field.label.text, "theirs": now, "mine": mine})
            field.errors = [*field.errors, _("ค่าที่ผู้อื่นบันทึกไว้: %(value)s", value=now or "–")]
        form.row_version.data = row.version
        self._template_args["stale"] = rows  # type: ignore[attr-defined]


def refuse_stale(form: Any, row: Any) -> None:
    """Raise if the row is no longer the one the form was filled from.

    Raises:
        StaleRow: Somebody saved in between, or the form does not say which version it shows.
    """
    if "row_version" in form and str(form.row_version.data or "") != str(row.version):
        raise StaleRow


def copy_foreign_keys(row: Any) -> None:
    """Write the ids of chosen rows into the foreign keys, so that rules and audit see them before a flush."""
    mapper = type(row).__mapper__
    for relation in mapper.relationships:
        if relation.direction is not MANYTOONE or relation.key not in row.__dict__:
            continue
        chosen = getattr(row, relation.key)
        for local, remote in relation.local_remote_pairs:
            setattr(row, mapper.get_property_by_column(local).key, getattr(chosen, remote.key, None))


def related_changes(row: Any) -> dict[str, Any]:
    """Return the changed lists of a row, such as an officer's roles, as ``{name: [old, new]}``."""
    changes: dict[str, Any] = {}
    for relation in type(row).__mapper__.relationships:
        if not relation.uselist or relation.key not in row.__dict__:
            continue
        history = row._sa_instance_state.attrs[relation.key].history
        if history.has_changes():
            before = [*history.unchanged, *history.deleted]
            after = [*history.unchanged, *history.added]
            changes[relation.key] = [sorted(map(str, before)), sorted(map(str, after))]
    return changes


def form_field(form: Any, name: str | None) -> Any:
    """Return the field of a column: its own, or the drop-down of the row its foreign key names."""
    if name is None:
        return None
    for candidate in (name, name.removesuffix("_id")):
        if candidate in form:
            return form[candidate]
    return None


def shown(field: Any) -> str:
    """Return a field's value as the person reads it."""
    if hasattr(field, "iter_choices"):
        return ", ".join(str(choice.label) for choice in field._iter_choices_normalized() if choice.selected)
    if isinstance(field.data, bool):
        return _("ใช่") if field.data else _("ไม่ใช่")
    return str(field._value())
