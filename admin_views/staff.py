"""Who works here and what they may do: officers and roles."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_admin import Admin, expose
from flask_admin.form import BaseForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views import formatters, staff_accounts
from admin_views.base import SecureModelView, needs
from admin_views.fields import PhoneField, with_fields
from admin_views.identity import current_actor
from admin_views.menu import register_menu_item
from admin_views.role_grants import GrantsField, grant_words, matrix_groups
from domain.accounts import NewStaffUser, create_staff_user
from domain.actor import Actor
from domain.permissions import Permission
from domain.roles import check_role, require_roles_manageable
from domain.staff_users import StaffCorrection, scope_staff, update_staff_user
from extensions import db
from models import LineChannel, Role, StaffUser


def _account_link(_view: Any, _context: Any, row: StaffUser, _name: str) -> Any:
    """Lead from the user name to the page with invitation, reset and closing."""
    if not current_actor().can(Permission.STAFF_MANAGE):
        return row.username
    address = url_for("staff_account.account", user_id=row.id)
    return Markup('<a href="{}">{}</a>').format(address, row.username)


class StaffUserView(SecureModelView):
    """เจ้าหน้าที่; passwords, links and closing are on the account's own page."""

    table, resource, title = StaffUser, "staff", _l("เจ้าหน้าที่")
    page_note = _l("ผู้เข้าใช้ระบบ หน่วยงานและบทบาทกำหนดว่าเห็นและทำอะไรได้")
    guarded = frozenset(
        {
            "password_hash",
            "totp_secret_encrypted",
            "is_active",
            "must_change_password",
            "created_at",
            "language",
        }
    )
    column_list = ("first_name", "username", "position", "department", "roles", "line_accounts", "is_active")
    column_details_list = (*column_list, "email", "phone", "created_at")
    column_export_list = (
        *("username", "title", "first_name", "last_name"),
        *("position", "department", "roles", "is_active"),
    )
    column_searchable_list = ("username", "first_name", "last_name", "position")
    column_filters = ("department", "is_active")
    column_default_sort = "first_name"
    column_formatters = {
        "first_name": lambda _v, _c, row, _n: row.full_name,
        "username": _account_link,
        "roles": lambda _v, _c, row, _n: ", ".join(role.name for role in row.roles),
        "line_accounts": lambda _v, _c, row, _n: formatters.line_reach(row.line_accounts, LineChannel.STAFF),
    }
    column_formatters_export = {"roles": lambda _v, _c, row, _n: ", ".join(role.name for role in row.roles)}
    eager = (StaffUser.roles, StaffUser.line_accounts)
    form_columns = (
        *("username", "title", "first_name", "last_name", "position", "email", "phone"),
        *("department", "roles"),
    )
    form_extra_fields = {"phone": PhoneField(_l("โทรศัพท์"))}

    def get_edit_form(self) -> type[BaseForm]:
        """Return the form without the user name, which stays for the life of the account."""
        return with_fields(super().get_edit_form(), username=None)

    def scope(self, query: Any) -> Any:
        """Narrow to the officers this officer may see."""
        return scope_staff(query, current_actor())

    def get_save_return_url(self, model: Any, is_created: bool = False) -> str:
        """Lead from a new account to the page where its link is issued."""
        if is_created:
            return url_for("staff_account.account", user_id=model.id)
        return super().get_save_return_url(model, is_created)

    def insert(self, session: Session, actor: Actor, form: Any) -> StaffUser:
        """Make an account without a password."""
        return create_staff_user(
            session, actor, NewStaffUser(username=form.username.data or "", **_facts(form))
        )

    def change(self, session: Session, actor: Actor, form: Any, row: StaffUser) -> None:
        """Correct an officer's data and roles."""
        update_staff_user(session, actor, row, StaffCorrection(**_facts(form)))


def _facts(form: Any) -> dict[str, Any]:
    names = ("title", "first_name", "last_name", "position", "email", "phone")
    department = form.department.data
    return {
        **{name: form[name].data for name in names},
        "department_id": department.id if department else None,
        "role_ids": tuple(role.id for role in form.roles.data),
    }


class RoleView(SecureModelView):
    """บทบาท, with its rights as a table."""

    table, resource, title = Role, "role", _l("บทบาทและสิทธิ์")
    page_note = _l("บทบาทคือชุดสิทธิ์ เจ้าหน้าที่คนหนึ่งมีได้หลายบทบาท ต้องเหลือผู้ดูแลระบบอย่างน้อยหนึ่งคนเสมอ")
    rule = staticmethod(check_role)
    settled = staticmethod(lambda session, _actor, _role: require_roles_manageable(session))
    column_list = ("name", "description", "staff_users", "is_active")
    column_details_list = ("code", "name", "name_en", "description", "staff_users", "is_active", "grants")
    column_export_list = ("code", "name", "name_en", "description", "is_active")
    column_searchable_list = ("code", "name", "name_en")
    column_filters = ("is_active",)
    column_default_sort = "id"
    eager = (Role.staff_users,)
    column_formatters = {
        "staff_users": lambda _v, _c, row, _n: _("%(count)s คน", count=len(row.staff_users)),
        "grants": lambda _v, _c, row, _n: grant_words(row),
    }
    form_columns = ("code", "name", "name_en", "description", "is_active", "grants")
    form_extra_fields = {"grants": GrantsField(_l("สิทธิ์"))}
    toolbar_links = ((".matrix", "checklist", _l("ใครทำอะไรได้")),)

    @expose("/matrix")
    @needs(Permission.ROLE_READ)
    def matrix(self) -> str:
        """Show every right against every role in use."""
        roles = db.session.scalars(select(Role).where(Role.is_active).order_by(Role.id)).all()
        return self.render("admin/role/matrix.html", roles=roles, groups=matrix_groups(roles))


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_views(StaffUserView(), RoleView())
    staff_accounts.register(admin)


register_menu_item(
    "settings", "staff_user.index_view", _l("เจ้าหน้าที่"), "id-badge-2", Permission.STAFF_READ, 21
)
register_menu_item("settings", "role.index_view", _l("บทบาทและสิทธิ์"), "shield-lock", Permission.ROLE_READ, 22)
