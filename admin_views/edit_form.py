"""The form of a case's correction: the fields of the entry form that describe the trouble."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from admin_views.action_forms import COLLEAGUES_ONLY
from admin_views.complaint_forms import EntryForm, RowField, StepForm, row_id
from admin_views.fields import CleanTextArea
from domain.coordinates import Coordinates, parse_coordinates
from domain.entries import Entry
from domain.errors import InvalidField, MissingField
from domain.moves import MAX_NOTE
from models import Complaint


class EditForm(StepForm):
    """แก้ไขข้อมูล: everything that was written down, with the version it was read at."""

    version = HiddenField(filters=[row_id])

    story = EntryForm.story
    channel_id = RowField(_l("ช่องทางการแจ้ง"))  # What came from elsewhere may have neither channel nor type.
    received_at = EntryForm.received_at
    kind = EntryForm.kind
    urgency = EntryForm.urgency
    disclosure = EntryForm.disclosure
    callback_phone = EntryForm.callback_phone
    road_name = EntryForm.road_name
    place_text = EntryForm.place_text
    latitude = EntryForm.latitude
    longitude = EntryForm.longitude
    zone_id = EntryForm.zone_id
    community_id = EntryForm.community_id
    category_id = RowField(_l("ประเภทหลัก (ตัวย่อ)"))
    subcategory_id = EntryForm.subcategory_id
    reason = CleanTextArea(
        _l("แก้ไขเพราะ"), max_length=MAX_NOTE, description=COLLEAGUES_ONLY, render_kw={"rows": 2}
    )

    pin: Coordinates | None = None  # Set by validate().

    @classmethod
    def of(cls, complaint: Complaint) -> EditForm:
        """Return the form filled from a case."""
        names = set(vars(complaint)) | {"zone_id"}
        facts = {name: getattr(complaint, name) for name in names if hasattr(cls, name) and name != "version"}
        facts["callback_phone"] = None  # Masked like every number; what is left empty stays.
        facts["road_name"] = complaint.road.name if complaint.road else ""
        form = cls(formdata=None, data=facts)
        form.version.data = complaint.version
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the shape of everything that is sent."""
        good = super().validate(extra_validators)
        problems: list[InvalidField] = []
        if not self.story.data and not self.story.errors:
            problems.append(MissingField("story_required", field="story"))
        try:
            self.pin = parse_coordinates(self.latitude.data, self.longitude.data)
        except InvalidField as error:
            problems.append(error)
        for problem in problems:
            self.place_errors(problem)
        return good and not problems

    def entry(self, complaint: Complaint) -> Entry:
        """Return what the form holds, for ``domain.editing.edit``; a number left empty stays."""
        return Entry(
            form_token="",
            story=self.story.data or "",
            channel_id=self.channel_id.data,
            category_id=self.category_id.data,
            subcategory_id=self.subcategory_id.data,
            zone_id=self.zone_id.data,
            community_id=self.community_id.data,
            road_name=self.road_name.data or "",
            place_text=self.place_text.data or "",
            latitude=self._degrees(0),
            longitude=self._degrees(1),
            callback_phone=self.callback_phone.data or complaint.callback_phone,
            kind=self.kind.data,
            urgency=self.urgency.data,
            disclosure=self.disclosure.data,
            received_at=self.received_at.data,
        )

    def _degrees(self, index: int) -> Decimal | None:
        return None if self.pin is None else self.pin[index]
