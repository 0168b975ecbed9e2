"""Places on the earth: WGS84 degrees typed, pinned or sent by a phone; and the shapes they lie in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from math import asin, cos, hypot, radians, sin, sqrt
from typing import Any, Final, NamedTuple

from domain.coordinate_text import MAX_TEXT, Angle, ordered, read_angle, read_pair
from domain.errors import InvalidField
from domain.thai_text import search_form

Degrees = Decimal | float
GeoJson = Mapping[str, Any]

EARTH_RADIUS_METRES: Final = 6_371_008.8
_SIX_PLACES: Final = Decimal("0.000001")  # about 11 cm; the width of the stored columns


class Coordinates(NamedTuple):
    """A point in degrees, six decimal places each."""

    latitude: Decimal
    longitude: Decimal


class Bounds(NamedTuple):
    """A rectangle in degrees; it never crosses the 180th meridian here."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, latitude: Degrees, longitude: Degrees) -> bool:
        """Tell whether a point lies in the rectangle or on its edge."""
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


# The furthest points of the country are 5.61-20.47 N and 97.34-105.64 E; the rest is room for a pin dropped
# at the border.
THAILAND: Final = Bounds(south=5.5, west=97.2, north=20.6, east=105.8)


def parse_coordinates(
    latitude: str | Degrees | None, longitude: str | Degrees | None, *, field: str = "location"
) -> Coordinates | None:
    """Read a place from two boxes, two hidden fields or a LINE location.

    A whole place pasted into one box is taken when the other is empty: ``16.4321, 102.8236``, degrees with
    minutes and seconds, or the link of a map. Thai digits are taken. Both empty means no place: None.

    Args:
        latitude: Degrees north.
        longitude: Degrees east.
        field: Name of the form field, for the error.

    Raises:
        InvalidField: ``coordinates_incomplete``, ``coordinates_unreadable``, ``latitude_out_of_range``,
            ``longitude_out_of_range``, ``coordinates_zero``, ``coordinates_swapped`` (with the pair the right
            way round), ``coordinates_outside_thailand``, ``coordinates_short_link`` or
            ``coordinates_not_in_link``.
    """
    north, east = _plain(latitude), _plain(longitude)
    if not north and not east:
        return None
    pair = _two_boxes(north, east, field) if north and east else _one_box(north or east, field)
    place = Coordinates(*(Decimal(part).quantize(_SIX_PLACES) for part in pair))
    _refuse_strange(place, field)
    return place


def _plain(value: str | Degrees | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float | Decimal):
        return f"{value:.10f}"
    return search_form(str(value)[:MAX_TEXT])


def _one_box(text: str, field: str) -> tuple[str, str]:
    pair = read_pair(text, field=field)
    if pair is not None:
        return pair
    is_half = read_angle(text.rstrip(",; ")) is not None
    raise InvalidField("coordinates_incomplete" if is_half else "coordinates_unreadable", field=field)


def _two_boxes(north: str, east: str, field: str) -> tuple[str, str]:
    pair = ordered(_angle(north, field), _angle(east, field))
    if pair is None:
        raise InvalidField("coordinates_unreadable", field=field)
    return pair


def _angle(text: str, field: str) -> Angle:
    angle = read_angle(text)
    if angle is None:
        raise InvalidField("coordinates_unreadable", field=field)
    return angle


def _refuse_strange(place: Coordinates, field: str) -> None:
    latitude, longitude = place
    if latitude == longitude == 0:
        raise InvalidField("coordinates_zero", field=field)
    if THAILAND.holds(longitude, latitude):
        raise InvalidField("coordinates_swapped", field=field, latitude=longitude, longitude=latitude)
    if abs(latitude) > 90:
        raise InvalidField("latitude_out_of_range", field=field)
    if abs(longitude) > 180:
        raise InvalidField("longitude_out_of_range", field=field)
    if not THAILAND.holds(latitude, longitude):
        raise InvalidField("coordinates_outside_thailand", field=field)


def point_in_polygon(latitude: Degrees, longitude: Degrees, geometry: GeoJson) -> bool:
    """Tell whether a point lies in a GeoJSON Polygon or MultiPolygon; holes are outside, corners inside.

    Treats degrees as a plane, which is right for shapes the size of a town. A point on an edge counts as
    inside where the numbers show it is on the edge.

    Raises:
        ValueError: The geometry is of another type.
    """
    x, y = float(longitude), float(latitude)
    return any(_in_rings(x, y, rings) for rings in _polygons(geometry))


def distance_metres(one: tuple[Degrees, Degrees], other: tuple[Degrees, Degrees]) -> float:
    """Return the great-circle distance of two (latitude, longitude) pairs, on a sphere (within 0.6 %)."""
    (south, west), (north, east) = (tuple(radians(part) for part in place) for place in (one, other))
    squared = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * EARTH_RADIUS_METRES * asin(min(1.0, sqrt(squared)))


def edge_metres(latitude: Degrees, longitude: Degrees, geometry: GeoJson) -> float:
    """Return the distance from a point to the nearest line of a Polygon or MultiPolygon, holes included.

    Works on a plane laid at the point, which is right near it and rough some hundred kilometres away.

    Raises:
        ValueError: The geometry is of another type.
    """
    tall = radians(1) * EARTH_RADIUS_METRES
    wide = tall * cos(radians(latitude))
    return min(
        _to_segment(
            (x1 - float(longitude)) * wide,
            (y1 - float(latitude)) * tall,
            (x2 - float(longitude)) * wide,
            (y2 - float(latitude)) * tall,
        )
        for rings in _polygons(geometry)
        for ring in rings
        for (x1, y1, *_), (x2, y2, *_) in pairwise([*ring, ring[0]])
    )


def _to_segment(x1: float, y1: float, x2: float, y2: float) -> float:
    """Return the distance from (0, 0) to a line between two points."""
    along_x, along_y = x2 - x1, y2 - y1
    squared = along_x * along_x + along_y * along_y
    share = 0.0 if squared == 0 else max(0.0, min(1.0, -(x1 * along_x + y1 * along_y) / squared))
    return hypot(x1 + share * along_x, y1 + share * along_y)


def bounds(geojson: GeoJson) -> Bounds:
    """Return the rectangle around a geometry, Feature or FeatureCollection of polygons.

    Raises:
        ValueError: There is no polygon in it, or a geometry of another type.
    """
    points = [
        point for geometry in _geometries(geojson) for rings in _polygons(geometry) for point in rings[0]
    ]
    if not points:
        raise ValueError("a GeoJSON without a polygon has no bounds")
    longitudes, latitudes = [point[0] for point in points], [point[1] for point in points]
    return Bounds(min(latitudes), min(longitudes), max(latitudes), max(longitudes))


def _geometries(geojson: GeoJson) -> Iterator[GeoJson]:
    if geojson.get("type") == "FeatureCollection":
        yield from (feature["geometry"] for feature in geojson["features"] if feature["geometry"])
    elif geojson.get("type") == "Feature":
        yield geojson["geometry"]
    else:
        yield geojson


def _polygons(geometry: GeoJson) -> Sequence[Sequence[Sequence[Sequence[float]]]]:
    if geometry.get("type") == "Polygon":
        return [geometry["coordinates"]]
    if geometry.get("type") == "MultiPolygon":
        polygons: Sequence[Sequence[Sequence[Sequence[float]]]] = geometry["coordinates"]
        return polygons
    raise ValueError(f"neither Polygon nor MultiPolygon: {geometry.get('type')}")


def _in_rings(x: float, y: float, rings: Sequence[Sequence[Sequence[float]]]) -> bool:
    if any(_on_ring(x, y, ring) for ring in rings):
        return True
    return _in_ring(x, y, rings[0]) and not any(_in_ring(x, y, hole) for hole in rings[1:])


def _in_ring(x: float, y: float, ring: Sequence[Sequence[float]]) -> bool:
    """Count how often a ray to the east crosses the ring: an odd number means inside."""
    inside = False
    for (x1, y1, *_), (x2, y2, *_) in pairwise([*ring, ring[0]]):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _on_ring(x: float, y: float, ring: Sequence[Sequence[float]]) -> bool:
    return any(
        (x2 - x1) * (y - y1) == (y2 - y1) * (x - x1)
        and min(x1, x2) <= x <= max(x1, x2)
        and min(y1, y2) <= y <= max(y1, y2)
        for (x1, y1, *_), (x2, y2, *_) in pairwise([*ring, ring[0]])
    )
