"""Every type of column has a field that reads with our rules, and filters of our own."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from flask_admin.helpers import get_form_data

from admin_views.base import SecureModelView
from domain.clock import bangkok
from models import Complaint

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


class MomentView(SecureModelView):
    """A screen only for this test: its table has every type of column the product uses."""

    table, resource, title = Complaint, "complaint", "ทุกชนิด"
    column_filters = ("received_at", "latitude", "status", "is_outside", "state_seq", "story")
    form_columns = ("received_at", "latitude", "status", "is_outside", "state_seq", "story", "zone")


@on_sqlite
def test_every_type_of_column_has_a_field_and_a_filter(app: Flask) -> None:
    view = MomentView()
    with app.test_request_context(
        "/", method="POST", data={"received_at": "21/11/2569 14.32", "latitude": "๑๖.๔"}
    ):
        form = view._edit_form_class(get_form_data())
        assert form.received_at.data == bangkok(2026, 11, 21, 14, 32)
        assert form.latitude.data == Decimal("16.400000")
        assert ("closed", "ปิดเรื่อง") in form.status.choices
    operations = {flt.argument for flt in view._filters}
    assert {"received_at__ge", "received_at__le", "status__eq", "status__in", "latitude__is"} <= operations
    assert {"is_outside__eq", "state_seq__ge", "story__has"} <= operations


@on_sqlite
@pytest.mark.parametrize("typed", ["21/11/2569 25:00", "21/11/2569 10:75", "พรุ่งนี้", "9" * 50_000, "2569"])
def test_a_moment_that_is_none_is_refused(app: Flask, typed: str) -> None:
    view = MomentView()
    with app.test_request_context("/", method="POST", data={"received_at": typed}):
        form = view._edit_form_class(get_form_data())
        form.validate()
        assert form.received_at.errors
        assert form.received_at._value() == typed
