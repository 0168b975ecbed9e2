"""รายงานประจำ: which report, how often, to whom; the worker makes them (``domain/report_schedules.py``)."""

from __future__ import annotations

from typing import Any, Final

from flask import abort, flash, redirect, request, url_for
from flask_admin import Admin, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from admin_views.complaint_filters import LABELS, shown_name
from admin_views.complaint_forms import StepForm
from admin_views.fields import CleanTextField
from admin_views.guard import SecureView, language, needs
from admin_views.identity import current_actor, current_lookups
from domain.complaint_filter import ROW_KEYS
from domain.errors import DomainError, NotFound
from domain.labels import choices
from domain.permissions import Permission
from domain.report_schedules import (
    MAX_NAME,
    WEEKDAYS,
    ScheduleEntry,
    own_schedules,
    possible_recipients,
    save_schedule,
    schedule_of,
    switch_schedule,
    turn_words,
)
from extensions import db, write_transaction
from models import ReportSchedule, ScheduleEvery
from reports.registry import REPORTS
from reports.report import FILTER_KEYS, worded_filter

FORMATS: Final = [SelectChoice("xlsx", "Excel"), SelectChoice("csv", "CSV"), SelectChoice("json", "JSON")]
DAYS_OF_MONTH: Final = range(1, 29)
EARLY: Final = 7


class ScheduleForm(StepForm):
    """What a schedule is made of."""

    name = CleanTextField(_l("ชื่อรายงานประจำ"), max_length=MAX_NAME, required=True)
    report = SelectField(_l("รายงาน"))
    file_type = SelectField(_l("รูปแบบไฟล์"), choices=FORMATS, default="xlsx")
    department = SelectField(LABELS["department"], default="")
    category = SelectField(LABELS["category"], default="")
    zone = SelectField(LABELS["zone"], default="")
    channel = SelectField(LABELS["channel"], default="")
    every = SelectField(
        _l("ทำเมื่อ"),
        choices=lambda: [SelectChoice(*pair) for pair in choices(ScheduleEvery, language())],
        coerce=ScheduleEvery,
        default=ScheduleEvery.MONTH,
    )
    day_of_month = SelectField(
        _l("วันที่ (เมื่อทำทุกเดือน)"),
        coerce=int,
        choices=[SelectChoice(day, str(day)) for day in DAYS_OF_MONTH],
        default=1,
    )
    day_of_week = SelectField(
        _l("วัน (เมื่อทำทุกสัปดาห์)"),
        coerce=int,
        choices=lambda: [
            SelectChoice(place, words[1 if language() == "en" else 0])
            for place, words in enumerate(WEEKDAYS, 1)
        ],
        default=1,
    )
    at_hour = SelectField(
        _l("เวลา"),
        coerce=int,
        choices=[SelectChoice(hour, f"{hour:02}:00") for hour in range(24)],
        default=EARLY,
    )
    recipient_ids = SelectMultipleField(
        _l("ส่งถึง"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_l("แต่ละคนได้ไฟล์ตามสิทธิ์ของตนเอง และไม่มีข้อมูลส่วนบุคคลเต็ม"),
    )

    def offer(self) -> None:
        """Fill the drop-downs with what this officer may choose."""
        actor, lookups = current_actor(), current_lookups()
        lang = 1 if language() == "en" else 0
        self.report.choices = [
            SelectChoice(key, report.title[lang])
            for key, report in REPORTS.items()
            if actor.can(report.permission)
        ]
        people = possible_recipients(db.session(), actor, lookups, Permission.REPORT_EXPORT)
        self.recipient_ids.choices = [SelectChoice(row_id, name) for row_id, name in people.items()]
        for key in FILTER_KEYS:
            rows = getattr(lookups, ROW_KEYS[key]).values()
            offered = [SelectChoice(row.code, shown_name(key, row)) for row in rows if row.is_active]
            self[key].choices = [SelectChoice("", _("ทั้งหมด")), *offered]

    def show(self, schedule: ReportSchedule) -> None:
        """Fill in a schedule as it stands."""
        self.process(
            obj=schedule,
            data={
                **schedule.arguments,
                "day_of_month": schedule.on_day if schedule.every is ScheduleEvery.MONTH else 1,
                "day_of_week": schedule.on_day if schedule.every is ScheduleEvery.WEEK else 1,
            },
        )

    def entry(self) -> ScheduleEntry:
        """Return what was set."""
        days = {ScheduleEvery.MONTH: self.day_of_month.data, ScheduleEvery.WEEK: self.day_of_week.data}
        return ScheduleEntry(
            name=self.name.data or "",
            report=self.report.data,
            permission=REPORTS[self.report.data].permission,
            arguments={key: self[key].data for key in FILTER_KEYS if self[key].data},
            file_type=self.file_type.data,
            every=self.every.data,
            on_day=days.get(self.every.data, 1),
            at_hour=self.at_hour.data,
            recipient_ids=self.recipient_ids.data or [],
        )


class ReportScheduleView(SecureView):
    """The officer's own schedules; the central unit sees everybody's."""

    @expose("/")
    @needs(Permission.REPORT_SCHEDULE)
    def index_view(self) -> str:
        """List them with their next turn."""
        lookups = current_lookups()
        rows = [
            {
                "schedule": one,
                "report": REPORTS[one.report].title[1 if language() == "en" else 0],
                "turn": turn_words(one.every, one.on_day, one.at_hour, language()),
                "filters": worded_filter(one.arguments, lookups),
                "people": [lookups.staff[who] for who in one.recipient_ids if who in lookups.staff],
                "owner": lookups.staff.get(one.owner_id),
            }
            for one in own_schedules(db.session(), current_actor())
            if one.report in REPORTS
        ]
        return self.render("admin/reports/schedules.html", rows=rows)

    @expose("/new", methods=("GET", "POST"))
    @needs(Permission.REPORT_SCHEDULE)
    def new(self) -> Any:
        """Add one."""
        return self._form(None)

    @expose("/<int:schedule_id>", methods=("GET", "POST"))
    @needs(Permission.REPORT_SCHEDULE)
    def change(self, schedule_id: int) -> Any:
        """Change one."""
        try:
            return self._form(schedule_of(db.session(), current_actor(), schedule_id))
        except NotFound:
            abort(404)

    @expose("/<int:schedule_id>/switch", methods=("POST",))
    @needs(Permission.REPORT_SCHEDULE)
    def switch(self, schedule_id: int) -> Any:
        """Stop one, or let it run again."""
        is_active = request.form.get("is_active") == "1"
        try:
            with write_transaction() as session:
                switch_schedule(session, current_actor(), schedule_id, is_active=is_active)
        except NotFound:
            abort(404)
        flash(_("เริ่มทำรายงานนี้อีกครั้งแล้ว") if is_active else _("หยุดรายงานนี้แล้ว"), "success")
        return redirect(url_for(".index_view"), 303)

    def _form(self, schedule: ReportSchedule | None) -> Any:
        form = ScheduleForm()
        form.offer()
        if request.method == "POST":
            return self._save(form, schedule.id if schedule else None)
        if schedule is not None:
            form.show(schedule)
        return self._page(form, schedule.id if schedule else None)

    def _save(self, form: ScheduleForm, schedule_id: int | None) -> Any:
        if not form.validate():
            return self._page(form, schedule_id, 422)
        try:
            with write_transaction() as session:
                save_schedule(session, current_actor(), current_lookups(), form.entry(), schedule_id)
        except DomainError as error:
            form.place_errors(error)
            return self._page(form, schedule_id, 422)
        flash(_("บันทึกรายงานประจำแล้ว"), "success")
        return redirect(url_for(".index_view"), 303)

    def _page(self, form: ScheduleForm, schedule_id: int | None, status: int = 200) -> Any:
        page = self.render("admin/reports/schedule.html", form=form, schedule_id=schedule_id)
        return page, status


def register(admin: Admin) -> None:
    """Add the schedules to the back office."""
    admin.add_view(
        ReportScheduleView(name=_l("รายงานประจำ"), endpoint="report_schedule", url="/admin/report/schedules")
    )
