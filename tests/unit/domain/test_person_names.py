"""A name typed in one go falls into its parts, and what is none is refused."""

from __future__ import annotations

import pytest

from domain.errors import DomainError
from domain.person_names import split_name


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("นางสาวมาลี ใจดี", ("นางสาว", "มาลี", "ใจดี")),
        ("น.ส. มาลี  ใจดี", ("นางสาว", "มาลี", "ใจดี")),
        ("นายสมชาย ณ อยุธยา", ("นาย", "สมชาย", "ณ อยุธยา")),
        ("ด.ช.เก่ง กล้า", ("เด็กชาย", "เก่ง", "กล้า")),
        ("สมชาย ใจดี", (None, "สมชาย", "ใจดี")),
        ("MISS Anna Bell", ("Miss", "Anna", "Bell")),
        ("Mrs. Anna Bell", ("Mrs.", "Anna", "Bell")),
        ("Missy Elliott", (None, "Missy", "Elliott")),
        ("Aung", (None, "Aung", None)),
    ],
)
def test_title_given_and_family_name(typed, parts):
    assert split_name(typed) == parts


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "field_required"),
        ("   ", "field_required"),
        ("0810000777", "name_unreadable"),
        ("สมชาย 0810000777", "name_unreadable"),
        ("!!!", "name_unreadable"),
        ("ก" * 400, "text_too_long"),
        ("ก" * 121 + " ข", "text_too_long"),
    ],
)
def test_what_is_no_name_is_refused(typed, code):
    with pytest.raises(DomainError) as refused:
        split_name(typed)
    assert refused.value.code == code


def test_an_officer_gives_both_names():
    with pytest.raises(DomainError) as refused:
        split_name("นายสมชาย", needs_family_name=True)
    assert refused.value.code == "family_name_missing"
