"""The shapes of a complaint's forms: what must be there and can be read. The rules are the domain's."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.widgets import Select

from admin_views.fields import (
    LARGEST_INTEGER,
    CleanTextArea,
    CleanTextField,
    PhoneField,
    ThaiDateField,
    ThaiMomentField,
)
from admin_views.guard import language
from admin_views.members import SubdistrictField
from domain.complaints import MAX_NOTE, MAX_RESULT
from domain.coordinates import Coordinates, parse_coordinates
from domain.errors import DomainError, FieldErrors, InvalidField, MissingField
from domain.labels import choices
from domain.members import MAX_REASON, MemberEntry
from domain.placing import MAX_ROAD
from domain.registration import MAX_PLACE, MAX_STORY, Entry
from domain.thai_text import to_arabic_digits
from models import ComplaintKind, Disclosure, Outcome, Urgency

GONE = -1  # What no row has: the rules then say that the choice is no longer there.
NEWCOMER_FIELDS = (
    *("phone", "title", "first_name", "last_name", "birth_date", "national_id"),
    *("house_no", "village_no", "soi", "road", "subdistrict_code", "postal_code"),
)
_ROW_ID = re.compile(r"[0-9]{1,10}", re.ASCII)
_PHONE_IN_TEXT = re.compile(r"(?<!\d)0[2-9](?:[ -]?\d){7,8}(?!\d)", re.ASCII)
_FIELD_OF = {"member_id": "phone", "location": "latitude"}


class Who(StrEnum):
    """How far the question "who complains" is answered."""

    NOBODY = ""
    MEMBER = "member"
    NEWCOMER = "new"
    SHARED = "shared"


def row_id(value: Any) -> int | None:
    """Read a row's id as a form sends it: None for nothing, ``GONE`` for what no row can have."""
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    return int(text) if _ROW_ID.fullmatch(text) and int(text) <= LARGEST_INTEGER else GONE


class RowField(SelectField):
    """A drop-down of rows; whether the chosen one is still there is the rule's question, not the form's."""

    widget = Select()

    def __init__(self, *args: Any, required: str = "", **kwargs: Any) -> None:
        """Make the field; ``required`` is the message code when nothing is chosen."""
        self.needed = bool(required)
        self.required_code = required
        kwargs.setdefault("choices", [])
        super().__init__(*args, coerce=row_id, validate_choice=False, **kwargs)

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Refuse an empty choice where one is needed."""
        if self.needed and self.data is None:
            self.errors = [*self.errors, MissingField(self.required_code).message_in(language())]


class EnumRadio(RadioField):
    """One of an enum's members, all of them in sight."""

    def __init__(
        self, *args: Any, members: type[StrEnum], without: frozenset[str] = frozenset(), **kwargs: Any
    ) -> None:
        """Make the field; ``without`` names members nobody chooses by hand."""
        kwargs["choices"] = lambda: [pair for pair in choices(members, language()) if pair[0] not in without]
        super().__init__(*args, coerce=members, **kwargs)


class StepForm(FlaskForm):
    """A form whose token the application checks for every request, so that it needs none of its own."""

    class Meta:
        """WTForms reads its options here."""

        csrf = False

    def place_errors(self, error: DomainError) -> None:
        """Put a rule's words beside the fields they belong to, else above the form."""
        for part in error.errors if isinstance(error, FieldErrors) else (error,):
            name = _FIELD_OF.get(part.field or "", part.field or "")
            text = part.message_in(language())
            if name not in self or isinstance(self[name], HiddenField):
                self.form_errors.append(text)
            elif text not in self[name].errors:
                self[name].errors = [*self[name].errors, text]


class EntryForm(StepForm):
    """เพิ่มคำร้องทุกข์: who, what, where, and what kind."""

    form_token = HiddenField()
    who = HiddenField()
    member_id = HiddenField(filters=[row_id])

    phone = PhoneField(_l("เบอร์โทรศัพท์ผู้ร้อง"), description=_l("พิมพ์ 10 หลักติดกัน เช่น 0935727903"))
    title = CleanTextField(
        _l("คำนำหน้า"), max_length=40, render_kw={"list": "titles", "class": "shorter", "autocomplete": "off"}
    )
    first_name = CleanTextField(_l("ชื่อ"), max_length=120, render_kw={"autocomplete": "off"})
    last_name = CleanTextField(_l("นามสกุล"), max_length=120, render_kw={"autocomplete": "off"})
    birth_date = ThaiDateField(_l("วันเกิด"), not_future=True, description=_l("ตามบัตร เช่น 03/03/2500"))
    national_id = CleanTextField(
        _l("เลขประจำตัวประชาชน"),
        max_length=40,
        render_kw={"inputmode": "numeric", "autocomplete": "off", "class": "short"},
    )
    house_no = CleanTextField(_l("บ้านเลขที่"), max_length=60, render_kw={"autocomplete": "off"})
    village_no = CleanTextField(_l("หมู่ที่"), max_length=20, render_kw={"autocomplete": "off"})
    soi = CleanTextField(_l("ซอย"), max_length=120, render_kw={"autocomplete": "off"})
    road = CleanTextField(_l("ถนน (ที่อยู่)"), max_length=120, render_kw={"autocomplete": "off"})
    subdistrict_code = SubdistrictField(_l("ตำบล"), description=_l("พิมพ์ชื่อตำบล หรือตำบลกับอำเภอ"))
    postal_code = CleanTextField(
        _l("รหัสไปรษณีย์"),
        max_length=10,
        render_kw={"inputmode": "numeric", "autocomplete": "off", "class": "shorter"},
    )
    notice_given = BooleanField(_l("แจ้งผู้ร้องแล้วว่าเทศบาลเก็บและใช้ข้อมูลนี้เพื่อรับและติดตามเรื่อง"))
    callback_phone = PhoneField(
        _l("เบอร์ติดต่อกลับ"), description=_l("เก็บแยกไว้และปิดบัง ไม่ต้องพิมพ์เบอร์ลงในรายละเอียด")
    )

    kind = EnumRadio(_l("ลักษณะเรื่อง"), members=ComplaintKind, default=ComplaintKind.COMPLAINT)
    story = CleanTextArea(
        _l("เรื่องและสิ่งที่ขอให้ทำ"),
        max_length=MAX_STORY,
        description=_l("เกิดอะไรขึ้น ตั้งแต่เมื่อไร และผู้ร้องขอให้เทศบาลทำอะไร"),
        render_kw={"rows": 6},
    )
    urgency = EnumRadio(_l("ความเร่งด่วน"), members=Urgency, default=Urgency.NORMAL)
    disclosure = EnumRadio(_l("ข้อมูลผู้ร้อง"), members=Disclosure, default=Disclosure.CONCEALED)
    channel_id = RowField(_l("ช่องทางการแจ้ง"), required="choice_required")
    received_at = ThaiMomentField(
        _l("วันเวลาที่รับเรื่อง"),
        description=_l("เช่น 21/11/2569 14:32 เว้นว่างหมายถึงตอนนี้"),
        render_kw={"class": "short", "autocomplete": "off"},
    )

    road_name = CleanTextField(
        _l("ถนน"),
        max_length=MAX_ROAD,
        description=_l("ถนนหรือจุดอ้างอิงใกล้ที่เกิดเหตุ"),
        render_kw={"list": "roads", "autocomplete": "off"},
    )
    place_text = CleanTextField(
        _l("สถานที่หรือจุดสังเกต"), max_length=MAX_PLACE, render_kw={"autocomplete": "off"}
    )
    latitude = CleanTextField(
        _l("ละติจูด"), max_length=100, render_kw={"inputmode": "decimal", "autocomplete": "off", "data-lat": ""}
    )
    longitude = CleanTextField(
        _l("ลองจิจูด"), max_length=60, render_kw={"inputmode": "decimal", "autocomplete": "off", "data-lon": ""}
    )
    zone_id = RowField(_l("เขต"))
    community_id = RowField(_l("ชุมชน"))

    category_id = RowField(_l("ประเภทหลัก (ตัวย่อ)"), required="category_required")
    subcategory_id = RowField(_l("ประเภทย่อย (ตัวย่อย่อย)"), description=_l("กำหนดระยะเวลาที่แจ้งผู้ร้อง"))
    assignee_id = RowField(_l("ผู้รับผิดชอบ"), description=_l("เว้นว่างได้ เรื่องจะรอสั่งการที่หน่วยงาน"))

    pin: Coordinates | None = None  # Set by validate().

    @property
    def who_is(self) -> Who:
        """Return how far the complainant is known; anything unknown counts as nobody."""
        sent = str(self.who.data or "")
        return Who(sent) if sent in set(Who) else Who.NOBODY

    def forget_errors(self, *names: str) -> None:
        """Drop all errors but those of some fields: a look-up does not judge the rest of the form."""
        for field in self:
            if field.name not in names:
                field.errors = []

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the shape of everything that is sent with this kind of complainant."""
        good = super().validate(extra_validators)
        problems: list[InvalidField] = []
        if self.who_is is Who.NOBODY and not self.phone.errors:
            problems.append(InvalidField("complainant_required", field="phone"))
        if self.who_is is Who.NEWCOMER:
            problems += self.newcomer_gaps()
        if not self.story.data and not self.story.errors:
            problems.append(MissingField("story_required", field="story"))
        try:
            self.pin = parse_coordinates(self.latitude.data, self.longitude.data)
        except InvalidField as error:
            problems.append(error)
        if self.assignee_id.data is not None and self.subcategory_id.data is None:
            problems.append(MissingField("subcategory_required", field="subcategory_id"))
        for problem in problems:
            self.place_errors(problem)
        return good and not problems and not any(field.errors for field in self)

    def newcomer_gaps(self) -> list[InvalidField]:
        """Return what a new member still needs."""
        needed = [self.phone, self.first_name]
        return [MissingField(field=field.name) for field in needed if not field.data and not field.errors]

    def newcomer_names(self) -> tuple[str, ...]:
        """Return the names of the fields about a new member."""
        return NEWCOMER_FIELDS

    def has_number_in_story(self) -> bool:
        """Tell whether the story seems to hold a telephone number, which everybody would see."""
        return _PHONE_IN_TEXT.search(to_arabic_digits(self.story.data or "")) is not None

    def newcomer(self) -> MemberEntry:
        """Return what was written down about a new member."""
        facts = {name: self[name].data for name in NEWCOMER_FIELDS}
        return MemberEntry(
            **{**facts, "phone": facts["phone"] or "", "first_name": facts["first_name"] or ""}
        )

    def entry(self, member_id: int | None, notice_version: str) -> Entry:
        """Return the whole entry, for ``domain.registration.register``."""
        is_new = self.who_is is Who.NEWCOMER
        is_shared = self.who_is is Who.SHARED
        return Entry(
            form_token=str(self.form_token.data),
            story=self.story.data or "",
            member_id=None if is_new else member_id,
            newcomer=self.newcomer() if is_new else None,
            notice=notice_version if is_new and self.notice_given.data else None,
            channel_id=self.channel_id.data,
            category_id=self.category_id.data,
            subcategory_id=self.subcategory_id.data,
            assignee_id=self.assignee_id.data,
            zone_id=self.zone_id.data,
            community_id=self.community_id.data,
            road_name=self.road_name.data or "",
            place_text=self.place_text.data or "",
            latitude=_degrees(self.pin, 0),
            longitude=_degrees(self.pin, 1),
            callback_phone=self.callback_phone.data if is_shared else None,
            kind=self.kind.data,
            urgency=self.urgency.data,
            disclosure=self.disclosure.data,
            received_at=self.received_at.data,
        )


class ActionForm(StepForm):
    """One press on a case: which state the button was made for."""

    expected_seq = HiddenField(filters=[row_id])


class AcceptForm(ActionForm):
    """รับเรื่อง: the main type issues the number."""

    category_id = RowField(_l("ประเภทหลัก (ตัวย่อ)"), required="category_required")
    subcategory_id = RowField(_l("ประเภทย่อย (ตัวย่อย่อย)"))


class DirectForm(ActionForm):
    """สั่งการ: subtype and officer."""

    subcategory_id = RowField(_l("ประเภทย่อย (ตัวย่อย่อย)"), required="subcategory_required")
    assignee_id = RowField(_l("ผู้รับผิดชอบ"), required="officer_required")
    note = CleanTextArea(_l("คำสั่งหรือข้อแนะนำ"), max_length=MAX_NOTE, render_kw={"rows": 3})


class RejectForm(ActionForm):
    """ไม่รับเรื่อง: the citizen reads the reason."""

    reason = CleanTextArea(
        _l("เหตุผลและหน่วยงานที่รับผิดชอบแทน"),
        max_length=MAX_NOTE,
        required=True,
        description=_l("ผู้ร้องจะได้อ่านข้อความนี้"),
        render_kw={"rows": 4},
    )


class ResultForm(ActionForm):
    """บันทึกผลการดำเนินงาน (000-63)."""

    form_token = HiddenField()
    done_date = ThaiDateField(_l("วันที่ดำเนินงานแล้วเสร็จ"), required=True, not_future=True)
    result_text = CleanTextArea(
        _l("ผลการดำเนินงาน"),
        max_length=MAX_RESULT,
        required=True,
        description=_l("ผู้ร้องจะได้อ่านข้อความนี้ทันที"),
        render_kw={"rows": 5},
    )
    outcome = EnumRadio(
        _l("ผลลัพธ์"), members=Outcome, without=frozenset({Outcome.NO_ANSWER}), default=Outcome.FIXED
    )


class RevealForm(StepForm):
    """เปิดดูข้อมูลผู้ร้อง: with a reason."""

    reason = CleanTextField(
        _l("เหตุผลที่ต้องเปิดดู"),
        max_length=MAX_REASON,
        required=True,
        description=_l("ระบบบันทึกชื่อคุณและเหตุผลไว้ตรวจสอบ"),
        id="reveal-reason",  # The form for declining stands on the same page and has a reason too.
        render_kw={"autocomplete": "off"},
    )


def _degrees(pin: Coordinates | None, index: int) -> Decimal | None:
    return None if pin is None else pin[index]
