"""The one base of every screen: closed, scoped, audited and Thai unless told otherwise.

A table's screen is a list of declarations below ``SecureModelView``; a screen of our own is a ``SecureView``
whose methods carry ``@needs(Permission.X)``. Nothing here knows any single table.

What templates get besides Flask-Admin's own variables: ``filter_fields`` (list page: one dict a filter with
``name label operation kind options value``, for a plain GET form), ``stale`` (edit page, after somebody
else saved first: dicts with ``label theirs mine``), ``export_needs_reason`` (list page).
Rows are exported by POST to ``.export`` with the list's own query string.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from flask import abort, current_app, flash, redirect, request
from flask_admin import expose
from flask_admin.contrib.sqla import ModelView
from flask_admin.form import BaseForm
from flask_admin.helpers import get_form_data
from flask_admin.model.base import ViewArgs
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import JSON, and_, func, or_, true
from sqlalchemy.orm import MANYTOONE, defer, joinedload, selectinload
from werkzeug.datastructures import MultiDict

from admin_views import formatters
from admin_views.export import export_list
from admin_views.fields import LARGEST_INTEGER, Converter, with_fields
from admin_views.filters import LONGEST_VALUE, ColumnFilter, filters_for
from admin_views.guard import Guard, SecureView, needs, needs_sign_in
from admin_views.identity import current_actor
from admin_views.saving import RowVersionField, Saving
from domain.drafts import take_draft
from domain.permissions import Permission
from domain.thai_text import search_form
from extensions import db
from models import Scope

__all__ = ["SecureModelView", "SecureView", "needs", "needs_sign_in"]

CRUD = {
    "index_view": ("read",),
    "details_view": ("read",),
    "export": ("export", "read"),
    "create_view": ("create", "update", "manage"),
    "edit_view": ("update", "manage"),
    "delete_view": ("delete", "update", "manage"),
}
"""Flask-Admin's methods and the permissions they ask for: the first of ``<resource>:<action>`` there is."""

LAST_PAGE = 100_000
MOST_TERMS = 6
MOST_FILTERS = 20
FILTER_ARGUMENT = re.compile(r"flt(\d{0,2})_(\w{1,80})", re.ASCII)


class SecureModelView(Guard, Saving, ModelView):
    """A screen for the rows of one table.

    A child declares ``table``, ``resource``, ``title``, ``form_columns`` and Flask-Admin's own list options.
    It is reached at ``/admin/<table name>/``, endpoint ``<table name>.index_view``.
    """

    table: ClassVar[type[Any]]
    resource: ClassVar[str]  # "category" stands for category:read, category:update …
    title: ClassVar[str]
    guarded: ClassVar[frozenset[str]] = frozenset()  # Columns only domain verbs may write.
    deletable: ClassVar[bool] = False  # Rows of the catalogue are switched off, not deleted.
    eager: ClassVar[tuple[Any, ...]] = ()  # Lists shown in the table, read with one statement more each.
    masked_columns: ClassVar[frozenset[str]] = frozenset()  # Left out of exports without member:reveal.

    can_set_page_size = True
    can_view_details = True
    column_display_pk = False
    column_type_formatters = formatters.TYPE_FORMATTERS
    column_type_formatters_detail = formatters.DETAIL_FORMATTERS
    export_types = ("xlsx", "csv")
    model_form_converter = Converter
    page_size = 50
    page_size_options = (20, 50, 100)
    action_disallowed_list = ("delete",)

    # Doors of Flask-Admin that stay walled up: nothing here uses them.
    ajax_lookup = ajax_update = action_view = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        declared = ("table", "resource", "title", "form_columns")
        missing = [name for name in declared if getattr(cls, name, None) is None]
        if missing:
            raise TypeError(f"{cls.__name__} does not declare {', '.join(missing)}")
        secret = {column.key for column in cls.table.__table__.columns if column.info.get("secret")}
        lists = (getattr(cls, f"column_{place}", None) for place in ("list", "details_list", "export_list"))
        shown = {name for names in lists if isinstance(names, tuple | list) for name in names}
        broken = set(cls.form_columns) & (cls.guarded | secret) | shown & secret
        if broken:
            raise TypeError(f"{cls.__name__} shows secret or writes guarded columns: {sorted(broken)}")

    def __init__(self) -> None:
        self.column_labels = {**_labels(self.table), **(self.column_labels or {})}
        name = self.table.__tablename__
        url = f"/admin/{name.replace('_', '-')}"
        super().__init__(self.table, db, name=self.title, endpoint=name, url=url)
        lost = [name for name in self.form_columns if not hasattr(self._edit_form_class, name)]
        if lost:
            raise TypeError(f"{type(self).__name__}: no form field for {', '.join(lost)}")

    # Who may -------------------------------------------------------------------------------------------

    @classmethod
    def _has_door(cls, name: str) -> bool:
        return name in CRUD or super()._has_door(name)

    @classmethod
    def permission_of(cls, name: str) -> str | None:
        """Return the permission a method asks for; None where the product has no such permission."""
        marked = super().permission_of(name)
        if marked is not None or name not in CRUD or (name == "delete_view" and not cls.deletable):
            return marked
        wanted = (f"{cls.resource}:{action}" for action in CRUD[name])
        return next((value for value in wanted if value in set(Permission)), None)

    def admits(self, name: str) -> bool:
        """Tell whether the officer may use a method; none without reading the table."""
        return super().admits(name) and super().admits("index_view")

    @property
    def can_create(self) -> bool:
        """Tell whether the officer may add rows."""
        return bool(self.form_columns) and self.admits("create_view")

    @property
    def can_edit(self) -> bool:
        """Tell whether the officer may change rows."""
        return bool(self.form_columns) and self.admits("edit_view")

    @property
    def can_delete(self) -> bool:
        """Tell whether the officer may delete rows."""
        return self.admits("delete_view")

    @property
    def can_export(self) -> bool:
        """Tell whether the officer may take the list away."""
        return self.admits("export")

    # What is seen --------------------------------------------------------------------------------------

    def scope(self, query: Any) -> Any:
        """Narrow a query to what the officer may see; lists, counts, exports and rows by id pass through."""
        return query

    def get_query(self) -> Any:
        """Return the scoped query of the list."""
        return self.scope(db.session.query(self.table)).options(*map(selectinload, self.eager))

    def scaffold_list_columns(self) -> list[Any]:
        """Return what is shown where nothing is declared: the list's columns, never every column there is."""
        return list(self.column_list or ())

    def scaffold_auto_joins(self) -> list[Any]:
        """Return nothing: ``_list_options`` joins what the list shows, without its heavy columns."""
        return []

    def _list_options(self) -> list[Any]:
        """Return how the list is read: one join for each row it points at, and no JSON it does not show."""
        shown = {name for name, _label in (*self._list_columns, *self._export_columns)}
        relations = [relation for relation in self.table.__mapper__.relationships if relation.key in shown]
        joins = [
            joinedload(getattr(self.table, relation.key)).options(
                *_without_json(relation.mapper.class_, set())
            )
            for relation in relations
            if relation.direction is MANYTOONE
        ]
        return [*joins, *_without_json(self.table, shown)]

    def get_count_query(self) -> Any:
        """Return the scoped count; ``count(*)`` without a bound value takes SQLite's short path."""
        return self.scope(db.session.query(func.count()).select_from(self.table))

    def get_one(self, row_id: Any) -> Any:
        """Return the row of an id if the officer may see it; else the page is not there (404)."""
        return self._row(row_id)

    def _row(self, row_id: Any, *, lock: bool = False) -> Any:
        text = str(row_id) if isinstance(row_id, str | int) else ""
        if not re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) or int(text) > LARGEST_INTEGER:
            abort(404)
        query = self.get_query().filter(self.table.id == int(text))
        row = (query.with_for_update() if lock else query).one_or_none()
        if row is None:
            abort(404)
        return row

    def get_list(self, page: int | None, *args: Any, **kwargs: Any) -> Any:
        """Return count and rows of a page; a page past the end leads to the last one."""
        count, rows = super().get_list(page, *args, **kwargs)
        if kwargs.get("execute", True) and page and not rows:
            size = kwargs.get("page_size") or self.page_size
            last = max(0, (count - 1) // size) if count is not None else 0
            abort(redirect(self._get_list_url(self._get_list_extra_args().clone(page=last))))
        return count, rows

    def _apply_sorting(self, query: Any, joins: Any, sort_column: Any, sort_desc: Any) -> Any:
        query, joins = super()._apply_sorting(query, joins, sort_column, sort_desc)
        # Equal values must not jump between pages.
        return query.order_by(self.table.id).options(*self._list_options()), joins

    def searched(self, search: str) -> Any:
        """Return the condition that each word stands inside a named column, inside Thai words too."""
        found = []
        for term in search[:LONGEST_VALUE].split()[:MOST_TERMS]:
            columns = [column for column, _path in self._search_fields]
            spellings = {term, search_form(term)} - {""}
            pairs = [(column, spelling) for column in columns for spelling in spellings]
            found.append(or_(*(column.icontains(spelling, autoescape=True) for column, spelling in pairs)))
        return and_(true(), *found)

    def _apply_search(self, query: Any, count_query: Any, joins: Any, count_joins: Any, search: str) -> Any:
        condition = self.searched(search)
        counted = count_query.filter(condition) if count_query is not None else None
        return query.filter(condition), counted, joins, count_joins

    def search_placeholder(self) -> str:
        """Return which columns the search looks into."""
        return ", ".join(str(self.get_column_name(name)) for name in self.column_searchable_list or ())

    def render(self, template: str, **kwargs: Any) -> str:
        """Render a page; the list page also gets its filters as fields of a plain form."""
        if template == self.list_template:
            kwargs.setdefault("filter_fields", self.filter_fields())
            kwargs.setdefault("export_needs_reason", bool(self._revealed_columns()))
        return super().render(template, **kwargs)

    # Filters and addresses -----------------------------------------------------------------------------

    def get_filters(self) -> list[ColumnFilter]:
        """Return the filters of the declared columns."""
        found: list[ColumnFilter] = []
        for name in self.column_filters or ():
            own = isinstance(name, ColumnFilter)
            found += [name] if own else filters_for(self.table, name, self.column_labels[name])
        return found

    def get_filter_arg(self, index: int, flt: ColumnFilter) -> str:
        """Return the filter's key: column and operation, whatever its label or place."""
        return flt.argument

    def _refresh_filters_cache(self) -> None:
        self._filters = self.get_filters()
        self._filter_groups = None
        self._filter_args = {flt.argument: (index, flt) for index, flt in enumerate(self._filters)}

    def filter_fields(self) -> list[dict[str, Any]]:
        """Return the filters for a GET form, their choices read now."""
        return [
            {
                "name": f"flt_{flt.argument}",
                "label": flt.name,
                "operation": flt.operation(),
                "kind": flt.data_type,
                "options": flt.get_options(self),
                "value": request.args.get(f"flt_{flt.argument}", "")[:LONGEST_VALUE],
            }
            for flt in self._filters
        ]

    def _get_list_filter_args(self) -> list[Any]:
        chosen = []
        for argument, value in list(request.args.items(multi=True)):
            if not argument.startswith("flt") or not value.strip():
                continue
            matched = FILTER_ARGUMENT.fullmatch(argument)
            index, flt = self._filter_args.get(matched[2] if matched else "", (None, None))
            if flt is None:
                flash(_("ไม่รู้จักตัวกรอง “%(key)s” รายการนี้จึงไม่ได้กรองด้วยข้อนั้น", key=argument[:60]), "warning")
            elif not flt.validate(value):
                flash(self.get_invalid_value_msg(value[:LONGEST_VALUE], flt), "warning")
            elif len(chosen) < MOST_FILTERS:
                chosen.append((index, flt.name, value))
        return chosen

    def get_invalid_value_msg(self, value: str, flt: ColumnFilter) -> str:
        """Return the notice for a value that a filter cannot read."""
        return _("ตัวกรอง “%(name)s” อ่านค่า “%(value)s” ไม่ได้ จึงไม่ได้ใช้", name=flt.name, value=value)

    def _get_filters(self, filters: Iterable[Any] | None) -> dict[str, Any]:
        """Return active filters as URL arguments: the first of a key plain, further ones numbered."""
        arguments: dict[str, Any] = {}
        for index, _name, value in filters or ():
            key, number = self._filters[index].argument, ""
            while f"flt{number}_{key}" in arguments:
                number = str(int(number or 1) + 1)
            arguments[f"flt{number}_{key}"] = value
        return arguments

    def _get_list_extra_args(self) -> ViewArgs:
        args = super()._get_list_extra_args()
        args.page = min(max(args.page or 0, 0), LAST_PAGE)
        args.search = (args.search or "")[:LONGEST_VALUE] or None
        names = [name for name, _label in self._list_columns]
        wanted = request.args.get("sort", "")
        args.sort = names.index(wanted) if wanted in names and self.is_sortable(wanted) else None
        args.extra_args = {}  # Foreign arguments would become keyword arguments of url_for.
        return args

    def _get_list_url(self, view_args: ViewArgs) -> str:
        """Return the list's address; the sort column goes by name, so that saved links keep their meaning."""
        size = self.get_safe_page_size(view_args.page_size)
        arguments = {
            "page": view_args.page or None,
            "page_size": None if size == self.page_size else size,
            "sort": None if view_args.sort is None else self._list_columns[int(view_args.sort)][0],
            "desc": 1 if view_args.sort_desc else None,
            "search": view_args.search,
        }
        return self.get_url(".index_view", **arguments, **self._get_filters(view_args.filters))

    # Forms and files -----------------------------------------------------------------------------------

    def get_form(self) -> type[BaseForm]:
        """Return the form of the declared columns; a screen without any has an empty one."""
        return super().get_form() if self.form_columns else BaseForm  # type: ignore[return-value]

    def get_edit_form(self) -> type[BaseForm]:
        """Return the form for changing a row, with the version it was filled from where the table has one."""
        form = self.get_form()
        if "version" not in self.table.__table__.columns:
            return form
        return with_fields(form, row_version=RowVersionField())

    def create_form(self, obj: Any = None) -> Any:
        """Return the form for a new row, with what was typed before the session ended."""
        return self._create_form_class(get_form_data() or self._draft(), obj=obj)

    def edit_form(self, obj: Any = None) -> Any:
        """Return the filled form for changing a row, with what was typed before the session ended."""
        form = self._edit_form_class(get_form_data() or self._draft(), obj=obj)
        if "row_version" in form and not form.row_version.data:
            form.row_version.data = obj.version if request.method == "GET" else None
        return form

    def _draft(self) -> MultiDict[str, str] | None:
        token = request.args.get("draft", "")
        vault = current_app.extensions["vault"]
        typed = take_draft(db.session(), current_actor(), token, vault=vault) if token else {}
        return MultiDict(typed) if typed else None

    @expose("/export/<export_type>/", methods=("POST",))
    def export(self, export_type: str) -> Any:
        """Send the filtered list as a file; leaves a trace in the audit log."""
        if export_type not in self.export_types:
            abort(404)
        return export_list(self, export_type)

    def _revealed_columns(self) -> list[str]:
        """Return the personal columns the officer would take away in full.

        A reveal that reaches only some rows opens none here: those are opened one by one, with a reason.
        """
        if current_actor().scope_of(Permission.MEMBER_REVEAL) is not Scope.ALL:
            return []
        return [name for name, _label in self._export_columns if name in self.masked_columns]


def _without_json(table: Any, shown: set[str]) -> list[Any]:
    """Return options that leave a table's JSON unread, such as a zone's boundary."""
    columns = [prop for prop in table.__mapper__.column_attrs if isinstance(prop.columns[0].type, JSON)]
    return [defer(getattr(table, prop.key)) for prop in columns if prop.key not in shown]


def _labels(table: Any) -> dict[str, Any]:
    """Return the label of every column and relation, from its ``info``, in the reader's language."""
    mapper = table.__mapper__
    infos = {prop.key: prop.columns[0].info for prop in mapper.column_attrs}
    infos |= {relation.key: relation.info for relation in mapper.relationships}
    words = {key: info["label"] for key, info in infos.items() if "label" in info}
    return {key: lazy_gettext(thai) for key, thai in words.items()}
