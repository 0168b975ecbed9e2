"""Forms of signing in, of one-time links and of the officer's own account: shape only, rules are below."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Form, HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length

from admin_views.guard import language
from domain.errors import DomainError, FieldErrors
from domain.passwords import MAX_LENGTH, MIN_LENGTH

LANGUAGE_NAMES = (SelectChoice("th", "ไทย"), SelectChoice("en", "English"))

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocorrect": "off"}


class SignInForm(FlaskForm):
    """User name and password, with where to go and what was typed before."""

    username = StringField(
        _l("ชื่อผู้ใช้"), [InputRequired()], render_kw={"autocomplete": "username", "maxlength": 80, **_PLAIN}
    )
    password = PasswordField(
        _l("รหัสผ่าน"),
        [InputRequired()],
        render_kw={"autocomplete": "current-password", "maxlength": MAX_LENGTH},
    )
    next = HiddenField()
    typed = HiddenField()


class CodeForm(FlaskForm):
    """The second factor: six digits or a recovery code."""

    code = StringField(
        _l("รหัสยืนยัน"),
        [InputRequired(), Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "class": "short", "maxlength": 40, **_PLAIN},
    )
    next = HiddenField()
    typed = HiddenField()


class EnrolForm(CodeForm):
    """The first code of a new second factor, with its sealed secret."""

    sealed = HiddenField()


class NewPasswordForm(FlaskForm):
    """A new password, twice."""

    password = PasswordField(
        _l("รหัสผ่านใหม่"),
        [InputRequired(), Length(max=MAX_LENGTH)],
        description=_l("อย่างน้อย %(count)s ตัว ยาวและจำง่ายดีกว่าสั้นและซับซ้อน เช่น คำสี่คำที่ไม่เกี่ยวกัน", count=MIN_LENGTH),
        render_kw={"autocomplete": "new-password", "maxlength": MAX_LENGTH},
    )
    password_again = PasswordField(
        _l("รหัสผ่านใหม่อีกครั้ง"),
        [InputRequired(), EqualTo("password", message=_l("รหัสผ่านสองช่องไม่ตรงกัน"))],
        render_kw={"autocomplete": "new-password", "maxlength": MAX_LENGTH},
    )


class ChangePasswordForm(NewPasswordForm):
    """A new password, with the present one."""

    current = PasswordField(
        _l("รหัสผ่านปัจจุบัน"),
        [InputRequired()],
        render_kw={"autocomplete": "current-password", "maxlength": MAX_LENGTH},
    )


class SetupForm(NewPasswordForm):
    """The first administrator."""

    key = HiddenField()
    username = StringField(
        _l("ชื่อผู้ใช้"),
        [InputRequired(), Length(max=40)],
        description=_l("a-z และตัวเลข 3 ถึง 40 ตัว เช่น somchai.j"),
        render_kw={"autocomplete": "username", "maxlength": 40, **_PLAIN},
    )
    first_name = StringField(
        _l("ชื่อ"),
        [InputRequired(), Length(max=120)],
        render_kw={"autocomplete": "given-name", "maxlength": 120},
    )
    last_name = StringField(
        _l("นามสกุล"), [Length(max=120)], render_kw={"autocomplete": "family-name", "maxlength": 120}
    )


class ConfirmForm(FlaskForm):
    """The present password, before something that weakens the account."""

    current = PasswordField(
        _l("รหัสผ่านปัจจุบัน"),
        [InputRequired()],
        render_kw={"autocomplete": "current-password", "maxlength": MAX_LENGTH},
    )


class LanguageForm(FlaskForm):
    """The language an officer reads in."""

    language = SelectField(_l("ภาษา"), choices=LANGUAGE_NAMES)


def place_error(form: Form, error: DomainError) -> None:
    """Put a rule's words beside the field they belong to, else above the form."""
    for each in error.errors if isinstance(error, FieldErrors) else (error,):
        text = each.message_in(language())
        field: Any = form[each.field] if each.field and each.field in form else None
        if field is None:
            form.form_errors.append(text)
        else:
            field.errors = [*field.errors, text]
