"""A place is read however people have it: from a phone, a paper, or the link of a map."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.coordinate_text import is_like_coordinates, read_angle
from domain.coordinates import Coordinates, parse_coordinates
from domain.errors import InvalidField
from domain.thai_text import search_form, to_thai_digits

CITY_HALL = Coordinates(Decimal("16.432100"), Decimal("102.823600"))


@pytest.mark.parametrize(
    "text",
    [
        "16.4321, 102.8236",
        "16.4321 102.8236",
        "16.4321;102.8236",
        "(16.4321, 102.8236)",
        "๑๖.๔๓๒๑, ๑๐๒.๘๒๓๖",
        "N 16.4321, E 102.8236",
        "16.4321° N 102.8236° E",
        "102.8236E 16.4321N",
        "16°25'55.56\"N 102°49'24.96\"E",
        "16°25′55.56″N, 102°49′24.96″E",
        "๑๖°๒๕'๕๕.๕๖\"N ๑๐๒°๔๙'๒๔.๙๖\"E",
        "16 องศา 25 ลิปดา 55.56 พิลิปดา เหนือ, 102 องศา 49 ลิปดา 24.96 พิลิปดา ตะวันออก",
        "geo:16.4321,102.8236?z=17",
        "https://www.google.com/maps/@16.4321,102.8236,17z",
        "https://www.google.com/maps/@16.4321,102.8236,3a,75y,90t/data=!3m6!1e1",
        "https://www.google.com/maps?q=16.4321,102.8236",
        "https://maps.google.com/?q=loc:16.4321,102.8236",
        "https://www.google.com/maps/search/?api=1&query=16.4321%2C102.8236",
        "https://www.google.com/maps/search/16.4321,+102.8236?entry=tts",
        "https://www.google.com/maps/@?api=1&map_action=pano&viewpoint=16.4321,102.8236",
        "https://www.google.com/maps/place/x/@16.43,102.82,17z/data=!4m4!3m3!8m2!3d16.4321!4d102.8236?hl=th",
        "https://www.google.co.th/maps/place/16%C2%B025'55.56%22N+102%C2%B049'24.96%22E/",
        "https://maps.apple.com/?ll=16.4321,102.8236&q=pin",
        "https://www.openstreetmap.org/?mlat=16.4321&mlon=102.8236#map=17/16.43/102.82",
        "https://www.openstreetmap.org/#map=17/16.4321/102.8236",
    ],
)
def test_one_text_holds_the_whole_place(text: str) -> None:
    assert parse_coordinates(text, "") == CITY_HALL
    assert parse_coordinates("", text) == CITY_HALL
    assert is_like_coordinates(search_form(text))


def test_the_pin_of_a_link_counts_not_the_middle_of_its_picture() -> None:
    link = "https://www.google.com/maps/place/x/@15.0,101.0,17z/data=!3d14.0!4d100.5!8m2!3d16.4321!4d102.8236"
    assert parse_coordinates(link, None) == CITY_HALL


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ("16°25'55.56\"N", "102°49'24.96\"E"),
        ("102.8236 E", "16.4321 N"),
        ("16.4321N", "102.8236"),
    ],
    ids=["minutes and seconds", "letters tell them apart", "one letter"],
)
def test_two_boxes_may_hold_degrees_of_any_kind(latitude: str, longitude: str) -> None:
    assert parse_coordinates(latitude, longitude) == CITY_HALL


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://maps.app.goo.gl/Ab12Cd34", "coordinates_short_link"),
        ("https://goo.gl/maps/Ab12Cd34", "coordinates_short_link"),
        ("https://www.google.com/maps/place/Khon+Kaen", "coordinates_not_in_link"),
        ("16°61'00\"N 102°49'25\"E", "coordinates_unreadable"),
        ("16.43N 102.82N", "coordinates_unreadable"),
        ("ตลาดบางลำภู", "coordinates_unreadable"),
        ("16.43", "coordinates_incomplete"),
        ("102.8236, 16.4321", "coordinates_swapped"),
        ("8.0, 98.0 , 3", "coordinates_unreadable"),
        ("https://www.google.com/maps/@51.5,-0.12,17z", "coordinates_outside_thailand"),
    ],
)
def test_what_is_no_place_is_told_in_its_own_words(text: str, code: str) -> None:
    with pytest.raises(InvalidField) as caught:
        parse_coordinates(text, "")
    assert caught.value.code == code
    assert "{" not in caught.value.message


@pytest.mark.parametrize("text", ["123/45", "โนนชัย 1", "ซอย 16 20", "1e1", "", "บขส."])
def test_names_and_house_numbers_are_no_coordinates(text: str) -> None:
    assert not is_like_coordinates(search_form(text))


def test_west_and_south_are_negative() -> None:
    south, west = read_angle("16.5s"), read_angle("-16.5w")
    assert south is not None
    assert west is not None
    assert (Decimal(south.degrees), south.axis) == (Decimal("-16.5"), "latitude")
    assert Decimal(west.degrees) == Decimal("16.5")


@settings(max_examples=150, deadline=None)
@given(
    st.integers(6, 19),
    st.integers(98, 104),
    st.integers(0, 59),
    st.decimals(Decimal("0"), Decimal("59.99"), places=2),
)
def test_minutes_and_seconds_mean_the_same_as_decimals(
    north: int, east: int, minutes: int, seconds: Decimal
) -> None:
    text = f"{north}°{minutes}'{seconds}\"N {east}°{minutes}'{seconds}\"E"
    share = Decimal(minutes) / 60 + seconds / 3600
    place = parse_coordinates(to_thai_digits(text), "")
    assert place is not None
    assert abs(place.latitude - (north + share)) < Decimal("0.000001")
    assert abs(place.longitude - (east + share)) < Decimal("0.000001")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789.,°'\"NSEWnsew+-/@!?=&#:; geohtpsmaqld", max_size=60))
def test_any_text_is_a_place_nothing_or_a_clear_error(text: str) -> None:
    try:
        parse_coordinates(text, "")
    except InvalidField as error:
        assert error.message  # noqa: PT017 - any of the codes will do
