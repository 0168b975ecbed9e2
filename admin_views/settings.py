"""ค่าตั้งต้นของเทศบาล: one screen a section, made from ``domain.setting_rules``."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, make_response, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin_views.complaint_forms import StepForm
from admin_views.emblem import emblem_version, keep_emblem
from admin_views.guard import SecureView, language, needs
from admin_views.identity import current_actor, current_lookups
from admin_views.menu import menu_items, register_menu_item
from admin_views.setting_fields import GeometryField, WaysField, field_of, said, shown_value
from domain.bell import SENTENCES
from domain.clock import now
from domain.errors import DomainError, StaleRow
from domain.numbering import format_number, number_year
from domain.permissions import Permission
from domain.setting_changes import all_settings, forget_secret, has_secret, save_settings, seal_of
from domain.setting_history import PastChange, past_changes
from domain.setting_rules import SECTIONS, Kind, Section, SettingRule, find_rules, rules_of
from domain.tellings import AUDIENCE_WORDS, told_to
from domain.town_colour import WHITE, contrast, parse_colour
from domain.vault import Vault
from extensions import db, write_transaction
from models import MessageTemplate


class SettingView(SecureView):
    """The hub of all settings, and a form for each section."""

    def __init__(self) -> None:
        super().__init__(name=_l("ตั้งค่าเทศบาล"), endpoint="setting", url="/admin/settings")

    @expose("/")
    @needs(Permission.SETTING_READ)
    def index(self) -> str:
        """Show every section with its sentence, and the tables the town keeps."""
        actor = current_actor()
        tables = [
            item
            for item in menu_items()
            if item.section == "settings"
            and item.endpoint != "setting.index"
            and (item.permission is None or actor.can(item.permission))
        ]
        sections = [(section.value, said(words), said(help_)) for section, (words, help_) in SECTIONS.items()]
        sought = request.args.get("search", "").strip()[:60]
        found = [(rule, said(rule.words), said(rule.help)) for rule in find_rules(sought)]
        return self.render(
            "admin/settings/hub.html", sections=sections, tables=tables, sought=sought, found=found
        )

    @expose("/<section>", methods=("GET", "POST"))
    @needs(Permission.SETTING_READ)
    def section(self, section: str) -> Any:
        """Show one section's settings, or save them."""
        known = next((one for one in Section if one.value == section), None)
        if known is None:
            abort(404)
        form = self._form(known)
        if request.method == "GET":
            return self._page(known, form)
        if not current_actor().can(Permission.SETTING_UPDATE):
            abort(403)
        if not form.validate():
            return self._page(known, form, 422)
        try:
            values = _values(known, form)
            with write_transaction() as session:
                seen = (known, request.form.get("seen", ""))
                changes = save_settings(session, current_actor(), values, _vault(), seen)
        except StaleRow:
            return self._page(known, form, 409, theirs=self._differences(known, form))
        except DomainError as error:
            form.place_errors(error)
            return self._page(known, form, 422)
        flash(_("บันทึกแล้ว") if changes else _("ไม่มีอะไรเปลี่ยน"), "success")
        return redirect(url_for(".section", section=section), 303)

    @expose("/forget/<key>", methods=("POST",))
    @needs(Permission.SETTING_UPDATE)
    def forget(self, key: str) -> Any:
        """Take a stored secret away."""
        kept = [*rules_of(Section.MAIL), *rules_of(Section.LINE)]
        rule = next((one for one in kept if one.key == key and one.kind is Kind.SECRET), None)
        if rule is None:
            abort(404)
        with write_transaction() as session:
            forget_secret(session, current_actor(), key)
        flash(_("ลบรหัสผ่านที่เก็บไว้แล้ว"), "success")
        return redirect(url_for(".section", section=rule.section.value), 303)

    def _form(self, section: Section) -> StepForm:
        rules = rules_of(section)
        shape = type("SettingForm", (StepForm,), {rule.key: field_of(rule) for rule in rules})
        stored = all_settings(db.session())
        form: StepForm = shape(data={rule.key: stored.get(rule.key) for rule in rules})
        for field in form:
            if isinstance(field, WaysField):
                field.messages = _messages()
        return form

    def _differences(self, section: Section, form: StepForm) -> list[tuple[str, str, str]]:
        """Return what stands there now beside what was typed here: (setting, theirs, mine)."""
        stored, typed = all_settings(db.session()), _values(section, form)
        return [
            (said(rule.words), shown_value(rule, stored.get(rule.key)), shown_value(rule, typed[rule.key]))
            for rule in rules_of(section)
            if rule.kind is not Kind.SECRET
            and rule.key in typed
            and _differ(rule, stored.get(rule.key), typed[rule.key])
        ]

    def _page(
        self,
        section: Section,
        form: StepForm,
        status: int = 200,
        theirs: list[tuple[str, str, str]] | None = None,
    ) -> Any:
        stored = all_settings(db.session())
        words, help_ = SECTIONS[section]
        page = self.render(
            "admin/settings/section.html",
            section=section.value,
            seen=seal_of(db.session(), section),
            title=said(words),
            explanation=said(help_),
            form=form,
            kinds={rule.key: rule.kind.value for rule in rules_of(section)},
            facts=_facts(section, stored),
            usual=_usual(section, stored),
            theirs=theirs,
            history=[_said_change(change) for change in past_changes(db.session(), section)],
            may_save=current_actor().can(Permission.SETTING_UPDATE),
        )
        return make_response(page, status)


def _usual(section: Section, stored: dict[str, Any]) -> dict[str, str]:
    """Return the default of each setting the town has turned away from; empty for the others."""
    return {
        rule.key: shown_value(rule, rule.default) if _differ(rule, stored.get(rule.key), rule.default) else ""
        for rule in rules_of(section)
    }


def _differ(rule: SettingRule, one: Any, other: Any) -> bool:
    """Tell whether two values differ as people read them; of tables every cell counts."""
    if rule.kind in {Kind.STATE_WORDS, Kind.WAYS}:
        return bool((one or {}) != (other or {}))
    return shown_value(rule, one) != shown_value(rule, other)


def _said_change(change: PastChange) -> tuple[PastChange, str, str, str]:
    old, new = (shown_value(change.rule, one) for one in (change.old, change.new))
    return change, said(change.rule.words), old, new


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault


def _values(section: Section, form: Any) -> dict[str, Any]:
    """Return what the form says of each setting; a file that was not chosen says nothing."""
    values: dict[str, Any] = {}
    for rule in rules_of(section):
        field = form[rule.key]
        if rule.kind is Kind.PICTURE:
            _take_picture(values, rule, field)
        elif isinstance(field, GeometryField):
            if field.is_new or f"{rule.key}-drop" in request.form:
                values[rule.key] = field.data if field.is_new else None
        else:
            values[rule.key] = field.data
    return values


def _take_picture(values: dict[str, Any], rule: SettingRule, field: Any) -> None:
    data = field.data.read() if hasattr(field.data, "read") else b""
    if data:
        values[rule.key] = keep_emblem(data, rule.key)
    elif f"{rule.key}-drop" in request.form:
        values[rule.key] = None


def _facts(section: Section, stored: dict[str, Any]) -> dict[str, Any]:
    """Return what a section shows beside its boxes: its pictures, the next number, the contrast."""
    return _own_facts(section, stored) | {"pictures": _pictures(section, stored)}


def _pictures(section: Section, stored: dict[str, Any]) -> dict[str, str]:
    """Return the addresses of the pictures a section has taken in, by setting."""
    keys = {rule.key: stored.get(rule.key) for rule in rules_of(section) if rule.kind is Kind.PICTURE}
    return {name: url_for("emblem", version=emblem_version(str(key))) for name, key in keys.items() if key}


def _own_facts(section: Section, stored: dict[str, Any]) -> dict[str, Any]:
    if section is Section.NUMBERS:
        return {"example": _next_number(stored)}
    if section is Section.LOOK:
        rgb = parse_colour(str(stored.get("colour_primary") or ""))
        return {"contrast": round(contrast(rgb, WHITE), 1) if rgb else None}
    if section is Section.MAP:
        parts = (stored.get("outline") or {}).get("features", [])
        return {"outline_parts": len(parts)}
    if section is Section.MAIL:
        return {"has_password": has_secret(db.session(), "mail_password")}
    if section is Section.LINE:
        return {"has_password": has_secret(db.session(), "line_login_secret")}
    return {}


def _next_number(stored: dict[str, Any]) -> str:
    """Return how a number issued now would read."""
    code = next((row.code for row in current_lookups().categories.values() if row.is_active), None)
    year = number_year(now(), str(stored["number_year"]))
    return format_number(str(stored["number_pattern"]), code or "อส.", 56, year)


def _messages() -> tuple[tuple[str, str, str], ...]:
    """Return every message that goes out, as (key, what it says, whom it goes to)."""
    rows = db.session.execute(
        select(MessageTemplate.key, MessageTemplate.words).where(MessageTemplate.language == language())
    ).all()
    column = 1 if language() == "en" else 0
    told = {
        row.key: SENTENCES[row.key][column]
        if row.key in SENTENCES
        else str(row.words.get("title") or row.key)
        for row in rows
        if row.key.startswith(("citizen_", "staff_"))
    }
    return tuple(
        (key, told[key], ", ".join(said(AUDIENCE_WORDS[one]) for one in told_to(key))) for key in sorted(told)
    )


def register(admin: Admin) -> None:
    """Add the screens of this room."""
    admin.add_view(SettingView())


register_menu_item("settings", "setting.index", _l("ตั้งค่าเทศบาล"), "settings", Permission.SETTING_READ, 1)
