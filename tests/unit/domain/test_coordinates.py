"""A place is a point in Thailand, the right way round; shapes tell what lies in them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.coordinates import (
    THAILAND,
    Bounds,
    Coordinates,
    bounds,
    distance_metres,
    parse_coordinates,
    point_in_polygon,
)
from domain.errors import InvalidField
from domain.thai_text import to_thai_digits

CITY_HALL = Coordinates(Decimal("16.432100"), Decimal("102.823600"))
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}
WITH_HOLE = {
    "type": "Polygon",
    "coordinates": [SQUARE["coordinates"][0], [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]],
}
TWO_ISLANDS = {
    "type": "MultiPolygon",
    "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]], [[[20, 20], [21, 20], [21, 21], [20, 20]]]],
}
HORSESHOE = {
    "type": "Polygon",
    "coordinates": [[[0, 0], [9, 0], [9, 9], [6, 9], [6, 3], [3, 3], [3, 9], [0, 9], [0, 0]]],
}
latitudes = st.decimals(Decimal("5.7"), Decimal("20.4"), places=6)
longitudes = st.decimals(Decimal("97.4"), Decimal("105.6"), places=6)


def fault(latitude, longitude):
    with pytest.raises(InvalidField) as caught:
        parse_coordinates(latitude, longitude, field="place")
    assert caught.value.field == "place"
    return caught.value


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        pytest.param("16.4321", "102.8236", id="typed"),
        pytest.param(" 16.4321 ", "+102.8236", id="spaces and a sign"),
        pytest.param("๑๖.๔๓๒๑", "๑๐๒.๘๒๓๖", id="Thai digits"),
        pytest.param("16.4321, 102.8236", "", id="a pair pasted into one box"),
        pytest.param("16.4321,102.8236", None, id="a pair without a space"),
        pytest.param(16.4321, 102.8236, id="floats of a LINE location"),
        pytest.param(Decimal("16.4321"), Decimal("102.8236"), id="decimals of the database"),
        pytest.param("16.43210000049", "102.82359999951", id="more digits than a pin can mean"),
    ],
)
def test_places_that_are_taken(latitude, longitude):
    assert parse_coordinates(latitude, longitude) == CITY_HALL


def test_a_place_has_six_decimals():
    place = parse_coordinates("16", "102.5")
    assert [str(part) for part in place] == ["16.000000", "102.500000"]


@pytest.mark.parametrize(
    ("latitude", "longitude"), [("", ""), (None, None), ("  ", None)], ids=["empty", "none", "spaces"]
)
def test_no_place_is_no_error(latitude, longitude):
    assert parse_coordinates(latitude, longitude) is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        pytest.param("0", "0", "coordinates_zero", id="a phone without a fix"),
        pytest.param(0.0, -0.0, "coordinates_zero", id="zeros of a phone"),
        pytest.param("0.0000001", "0", "coordinates_zero", id="nearly zero"),
        pytest.param("91", "102.8", "latitude_out_of_range", id="91 degrees"),
        pytest.param("-91", "0", "latitude_out_of_range", id="-91 degrees"),
        pytest.param("16.4", "181", "longitude_out_of_range", id="181 degrees"),
        pytest.param("NaN", "102.8", "coordinates_unreadable", id="NaN typed"),
        pytest.param(float("nan"), 102.8, "coordinates_unreadable", id="NaN of a phone"),
        pytest.param("16.4", "Infinity", "coordinates_unreadable", id="infinity typed"),
        pytest.param(float("inf"), float("-inf"), "coordinates_unreadable", id="infinities of a phone"),
        pytest.param(Decimal("sNaN"), 102.8, "coordinates_unreadable", id="a signalling NaN"),
        pytest.param("1e1", "102.8", "coordinates_unreadable", id="an exponent"),
        pytest.param("1_6", "102.8", "coordinates_unreadable", id="an underscore"),
        pytest.param("16,4321", "102,8236", "coordinates_unreadable", id="decimal commas"),
        pytest.param("ตลาด", "102.8", "coordinates_unreadable", id="words"),
        pytest.param("9" * 100_000, "102.8", "coordinates_unreadable", id="very many digits"),
        pytest.param("16.4", "", "coordinates_incomplete", id="half a place"),
        pytest.param(None, "102.8", "coordinates_incomplete", id="the other half"),
        pytest.param("16.4,", "", "coordinates_incomplete", id="half a pair"),
        pytest.param("17.97", "107.0", "coordinates_outside_thailand", id="Laos"),
        pytest.param("51.5", "-0.12", "coordinates_outside_thailand", id="London"),
        pytest.param("-16.4", "102.8", "coordinates_outside_thailand", id="the southern half"),
    ],
)
def test_places_that_are_refused(latitude, longitude, code):
    assert fault(latitude, longitude).code == code


def test_a_swapped_place_is_suggested_the_right_way_round():
    error = fault("102.8236", "16.4321")
    assert error.code == "coordinates_swapped"
    assert error.message == "ละติจูดกับลองจิจูดสลับกัน ควรเป็น 16.432100, 102.823600"


@settings(max_examples=200, deadline=None)
@given(latitudes, longitudes)
def test_every_place_in_thailand_is_taken_and_its_swap_is_seen(latitude, longitude):
    place = parse_coordinates(str(latitude), to_thai_digits(str(longitude)))
    assert place == (latitude, longitude)
    assert parse_coordinates(f"{latitude}, {longitude}", "") == place
    assert parse_coordinates(float(latitude), float(longitude)) == place
    assert fault(str(longitude), str(latitude)).code == "coordinates_swapped"


@settings(max_examples=300, deadline=None)
@given(st.floats() | st.text(max_size=20) | st.decimals(), st.floats() | st.text(max_size=20))
def test_anything_else_is_a_clear_error_or_no_place(latitude, longitude):
    try:
        place = parse_coordinates(latitude, longitude, field="place")
    except InvalidField as error:
        place = None
        assert error.message  # noqa: PT017 - any of the codes will do
    assert place is None or THAILAND.holds(*place)


@pytest.mark.parametrize(
    ("shape", "latitude", "longitude", "inside"),
    [
        pytest.param(SQUARE, 5, 5, True, id="in the middle"),
        pytest.param(SQUARE, 5, 11, False, id="to the east"),
        pytest.param(SQUARE, 5, -1, False, id="to the west"),
        pytest.param(SQUARE, 11, 5, False, id="to the north"),
        pytest.param(SQUARE, 0, 0, True, id="on a corner"),
        pytest.param(SQUARE, 5, 10, True, id="on an edge"),
        pytest.param(SQUARE, Decimal("9.999999"), Decimal("0.000001"), True, id="decimals"),
        pytest.param(WITH_HOLE, 5, 5, False, id="in a hole"),
        pytest.param(WITH_HOLE, 5, 4, True, id="on the edge of a hole"),
        pytest.param(WITH_HOLE, 5, 3, True, id="beside a hole"),
        pytest.param(TWO_ISLANDS, 20.2, 20.5, True, id="on the second island"),
        pytest.param(TWO_ISLANDS, 10, 10, False, id="between two islands"),
        pytest.param(HORSESHOE, 6, 4.5, False, id="inside a bay"),
        pytest.param(HORSESHOE, 6, 1.5, True, id="in an arm of the horseshoe"),
        pytest.param(HORSESHOE, 3, -1, False, id="level with two corners, outside"),
    ],
)
def test_points_and_shapes(shape, latitude, longitude, inside):
    assert point_in_polygon(latitude, longitude, shape) is inside


def test_latitude_comes_first_though_geojson_has_longitude_first():
    khon_kaen = {
        "type": "Polygon",
        "coordinates": [[[102.8, 16.4], [102.9, 16.4], [102.9, 16.5], [102.8, 16.5], [102.8, 16.4]]],
    }
    assert point_in_polygon(*CITY_HALL, khon_kaen)
    assert not point_in_polygon(CITY_HALL.longitude, CITY_HALL.latitude, khon_kaen)


def test_a_ring_left_open_is_closed():
    triangle = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10]]]}
    assert point_in_polygon(2, 8, triangle)
    assert not point_in_polygon(8, 2, triangle)


@settings(max_examples=200, deadline=None)
@given(st.floats(-20, 20), st.floats(-20, 20))
def test_a_square_agrees_with_its_bounds(latitude, longitude):
    assert point_in_polygon(latitude, longitude, SQUARE) == bounds(SQUARE).holds(latitude, longitude)


def test_a_line_has_no_inside():
    with pytest.raises(ValueError, match="LineString"):
        point_in_polygon(0, 0, {"type": "LineString", "coordinates": [[0, 0], [1, 1]]})


@pytest.mark.parametrize(
    "geojson",
    [
        pytest.param(TWO_ISLANDS, id="a geometry"),
        pytest.param({"type": "Feature", "geometry": TWO_ISLANDS}, id="a feature"),
        pytest.param(
            {
                "type": "FeatureCollection",
                "features": [
                    {"type": "Feature", "geometry": SQUARE},
                    {"type": "Feature", "geometry": None},
                    {"type": "Feature", "geometry": TWO_ISLANDS},
                ],
            },
            id="a collection, one without a shape",
        ),
    ],
)
def test_bounds(geojson):
    assert bounds(geojson) == Bounds(south=0, west=0, north=21, east=21)


def test_nothing_has_no_bounds():
    with pytest.raises(ValueError, match="without a polygon"):
        bounds({"type": "FeatureCollection", "features": []})


def test_a_degree_of_latitude_is_111_kilometres():
    assert distance_metres((16.0, 102.8), (17.0, 102.8)) == pytest.approx(111_195, abs=1)


def test_a_degree_of_longitude_shrinks_with_the_latitude():
    assert distance_metres((60.0, 0.0), (60.0, 1.0)) == pytest.approx(55_597, abs=2)


@settings(max_examples=200, deadline=None)
@given(latitudes, longitudes, latitudes, longitudes)
def test_distance_is_the_same_both_ways(south, west, north, east):
    there, back = distance_metres((south, west), (north, east)), distance_metres((north, east), (south, west))
    assert there == pytest.approx(back)
    assert there >= 0
    assert distance_metres((south, west), (south, west)) == 0
