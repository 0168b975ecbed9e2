"""A pin proposes zone and community, and says how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.coordinates import edge_metres
from domain.lookups import CommunityRow, Lookups, ZoneRow
from domain.placing import Surroundings, place_of, surroundings
from models import Community, Zone

# Two squares of 0.01 degrees (about 1.1 km), side by side at 16 N: west is zone 1, east is zone 2.
METRE_EAST = Decimal("0.000009356")  # at 16 N
WEST = [[[102.80, 16.00], [102.81, 16.00], [102.81, 16.01], [102.80, 16.01], [102.80, 16.00]]]
EAST = [[[102.81, 16.00], [102.82, 16.00], [102.82, 16.01], [102.81, 16.01], [102.81, 16.00]]]


SEA = Decimal("9.5"), Decimal("101.0")


def polygon(rings: list[Any]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": rings}


def town(*, with_boundaries: bool = True, with_unknown: bool = True) -> Lookups:
    zones = [
        ZoneRow(1, "1", "เขต 1", boundary=polygon(WEST) if with_boundaries else None),
        ZoneRow(2, "2", "เขต 2", boundary=polygon(EAST) if with_boundaries else None),
    ]
    communities = [
        CommunityRow(11, "a", "โนนชัย 1", parent_id=1, latitude=16.005, longitude=102.803),
        CommunityRow(12, "b", "บขส.", parent_id=2, latitude=16.005, longitude=102.811),
        CommunityRow(13, "c", "ไม่มีพิกัด", parent_id=1),
    ]
    if with_unknown:
        zones.append(ZoneRow(9, "unknown", "ไม่ทราบเขต", is_unknown=True))
        communities.append(CommunityRow(19, "unknown", "ไม่ทราบชุมชน", parent_id=9, is_unknown=True))
    empty: Mapping[Any, Any] = {}
    return Lookups(
        version=1,
        settings={},
        departments=empty,
        categories=empty,
        subcategories=empty,
        channels=empty,
        zones={row.id: row for row in zones},
        communities={row.id: row for row in communities},
        staff=empty,
        role_grants=empty,
        intake_centre_ids=frozenset(),
    )


def around(latitude: str, longitude: str | Decimal, lookups: Lookups | None = None) -> Surroundings:
    return surroundings(lookups or town(), Decimal(latitude), Decimal(longitude))


def names(found: Surroundings) -> tuple[str | None, str | None]:
    return (
        found.zone.name if found.zone else None,
        found.community.name if found.community else None,
    )


def test_a_pin_well_inside_has_its_zone_its_nearest_community_and_no_doubt() -> None:
    found = around("16.005", "102.8035")
    assert names(found) == ("เขต 1", "โนนชัย 1")
    assert found.community_metres == pytest.approx(53, abs=2)
    assert not found.is_near_border
    assert not found.is_outside


def test_the_nearest_community_is_one_of_the_same_zone() -> None:
    assert names(around("16.005", "102.8095")) == ("เขต 1", "โนนชัย 1")


@pytest.mark.parametrize("metres", [5, 40, 90])
def test_near_the_line_the_neighbour_is_named_with_the_distance(metres: int) -> None:
    found = around("16.005", Decimal("102.81") - metres * METRE_EAST)
    assert names(found)[0] == "เขต 1"
    assert found.border_metres == pytest.approx(metres, abs=1)
    assert found.beyond is not None
    assert found.beyond.name == "เขต 2"
    assert found.is_near_border


def test_at_the_towns_own_edge_there_is_no_neighbour() -> None:
    found = around("16.005", Decimal("102.80") + 30 * METRE_EAST)
    assert found.is_near_border
    assert found.beyond is None


def test_a_hundred_and_fifty_metres_from_the_line_nothing_is_in_doubt() -> None:
    assert not around("16.005", Decimal("102.81") - 150 * METRE_EAST).is_near_border


def test_outside_the_unknown_rows_are_proposed_with_the_way_to_the_town() -> None:
    found = around("16.005", Decimal("102.80") - 250 * METRE_EAST)
    assert names(found) == ("ไม่ทราบเขต", "ไม่ทราบชุมชน")
    assert found.is_outside
    assert found.border_metres == pytest.approx(250, abs=2)


def test_a_town_without_unknown_rows_proposes_nothing_outside() -> None:
    found = around("17.0", "102.8", town(with_unknown=False))
    assert names(found) == (None, None)
    assert found.is_outside


def test_a_pin_in_the_sea_is_hundreds_of_kilometres_away() -> None:
    found = around("9.5", "101.0")
    assert found.is_outside
    assert (found.border_metres or 0) > 700_000


def test_without_boundaries_nothing_is_claimed() -> None:
    assert around("16.005", "102.8035", town(with_boundaries=False)) == Surroundings(None, None)


def test_where_two_zones_overlap_the_pin_lies_at_the_neighbour() -> None:
    lookups = town()
    wide = [[[102.805, 16.00], [102.82, 16.00], [102.82, 16.01], [102.805, 16.01], [102.805, 16.00]]]
    overlapping = Lookups(
        **{
            **{name: getattr(lookups, name) for name in Lookups.__dataclass_fields__},
            "zones": {**lookups.zones, 2: ZoneRow(2, "2", "เขต 2", boundary=polygon(wide))},
        }
    )
    found = around("16.005", Decimal("102.81") - 40 * METRE_EAST, overlapping)
    assert found.beyond is not None
    assert found.beyond.name == "เขต 2"


def test_the_line_of_a_hole_counts_as_a_line() -> None:
    hole = [[102.804, 16.004], [102.806, 16.004], [102.806, 16.006], [102.804, 16.006], [102.804, 16.004]]
    shape = polygon([*WEST, hole])
    assert edge_metres(Decimal("16.005"), Decimal("102.8041"), shape) == pytest.approx(10.7, abs=0.3)


def test_a_line_of_no_length_is_a_point() -> None:
    dot = polygon([[[102.8, 16.0], [102.8, 16.0], [102.8, 16.0]]])
    assert edge_metres(16.001, 102.8, dot) == pytest.approx(111.2, abs=0.2)


def test_a_pin_in_the_sea_is_kept_and_marked_whatever_zone_was_chosen(session: Session) -> None:
    unknown = session.scalars(select(Zone).where(Zone.is_unknown)).one()
    assert place_of(session, None, None, SEA) == (None, True)
    assert place_of(session, unknown.id, None, SEA) == (unknown.id, True)


def test_the_unknown_community_brings_no_zone_and_the_pin_decides(session: Session) -> None:
    unknown = session.scalars(select(Community).where(Community.is_unknown)).one()
    first = session.scalars(select(Zone).where(Zone.code == "1")).one()
    pin = Decimal("16.456487"), Decimal("102.854717")
    assert place_of(session, None, unknown.id, pin) == (first.id, False)
