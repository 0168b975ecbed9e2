"""A place is found while its name is typed, however it is spelt, and roads lead where cases were before."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from helpers.cases import new_case
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.lookups import load_lookups
from domain.place_search import MOST, Place, PlaceKind, find_places
from domain.thai_text import sort_key, to_thai_digits
from extensions import write_transaction
from models import Complaint, Road

Act = Callable[[str], Actor]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def found(session: Session, actor: Actor, query: str, language: str = "th") -> list[Place]:
    return find_places(session, actor, load_lookups(session), query, language=language)


def names(session: Session, actor: Actor, query: str) -> list[str]:
    return [place.name for place in found(session, actor, query)]


def case_on(road: str, latitude: str, **more: object) -> None:
    with write_transaction() as session:
        row = session.scalar(select(Road).where(Road.name == road))
        if row is None:
            row = Road(name=road, name_key=sort_key(road))
            session.add(row)
            session.flush()
        case = new_case(session, latitude=Decimal(latitude), longitude=Decimal("102.83"), **more)
        session.get_one(Complaint, case.id).road_id = row.id


@pytest.mark.parametrize(
    "query",
    ["โนนชัย", "โนนชัย1", "โนนชัย 1", "โนนชัย ๑", "ชุมชนโนนชัย", "ชุมชน โนนชัย 1", " โนน ชัย "],
)
def test_spaces_digits_and_the_word_for_its_kind_do_not_matter(
    session: Session, act_as: Act, query: str
) -> None:
    first = found(session, act_as("clerk"), query)[0]
    assert (first.kind, first.name) == (PlaceKind.COMMUNITY, "โนนชัย 1")
    assert (first.latitude, first.longitude) == (16.456487, 102.854717)
    assert first.zone_id
    assert first.community_id


@on_sqlite
@pytest.mark.parametrize("query", ["บขส", "บขส.", "บ.ข.ส."])
def test_dots_do_not_matter(session: Session, act_as: Act, query: str) -> None:
    assert names(session, act_as("clerk"), query)[0] == "บขส."


@pytest.mark.parametrize("query", ["ศรีจันทร์", "ศรี จันทร์"])
def test_a_community_and_a_road_of_one_name_stand_side_by_side(
    session: Session, act_as: Act, query: str
) -> None:
    kinds = [place.kind for place in found(session, act_as("clerk"), query)[:2]]
    assert kinds == [PlaceKind.COMMUNITY, PlaceKind.ROAD]


@pytest.mark.parametrize("query", ["ถนนศรีจันทร์", "ถ.ศรีจันทร์", "ถ. ศรีจันทร์", "ถนน ศรี จันทร์"])
def test_the_word_for_its_kind_chooses_the_road(session: Session, act_as: Act, query: str) -> None:
    first = found(session, act_as("clerk"), query)[0]
    assert (first.kind, first.name) == (PlaceKind.ROAD, "ถนนศรีจันทร์")


@on_sqlite
def test_the_beginning_of_a_name_stands_before_its_middle(session: Session, act_as: Act) -> None:
    answer = names(session, act_as("clerk"), "เทพารักษ์")
    assert answer[0] == "ถนนเทพารักษ์"  # Nothing but the name.
    assert answer[1] == "เทพารักษ์ตอน 1"
    assert answer[-1] == "พัฒนาเทพารักษ์"


@on_sqlite
def test_a_zone_comes_with_its_rectangle_and_no_point(session: Session, act_as: Act) -> None:
    zone = found(session, act_as("clerk"), "เขต ๒")[0]
    assert (zone.kind, zone.name) == (PlaceKind.ZONE, "เขต 2")
    assert zone.latitude is None
    assert zone.area is not None
    assert zone.area.holds(16.43, 102.86)


@on_sqlite
def test_an_english_reader_finds_zones_by_their_english_names(session: Session, act_as: Act) -> None:
    assert found(session, act_as("clerk"), "zone 3", "en")[0].name == "Zone 3"


def test_an_answer_is_short(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        writing.add_all(Road(name=f"ซอยน้ำใส {n}", name_key=sort_key(f"ซอยน้ำใส {n}")) for n in range(1, 40))
    answer = names(session, act_as("clerk"), "น้ำใส")
    assert len(answer) == MOST
    assert answer[:3] == ["ซอยน้ำใส 1", "ซอยน้ำใส 2", "ซอยน้ำใส 3"]


def test_a_road_leads_to_the_newest_case_on_it(session: Session, act_as: Act) -> None:
    case_on("ถนนใหม่", "16.430000")
    case_on("ถนนใหม่", "16.440000")
    case_on("ถนนใหม่", "17.000000", is_outside=True)
    [road] = found(session, act_as("central"), "ถนนใหม่")
    assert (road.latitude, road.longitude) == (16.44, 102.83)


def test_a_road_tells_nothing_of_cases_the_officer_may_not_see(session: Session, act_as: Act) -> None:
    case_on("ถนนใหม่", "16.430000", department="health", officer="health")
    [road] = found(session, act_as("clerk"), "ถนนใหม่")
    assert road.latitude is None


@on_sqlite
def test_a_road_switched_off_is_not_offered(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        writing.add(Road(name="ถนนปิด", name_key="x", is_active=False))
    assert names(session, act_as("clerk"), "ถนนปิด") == []


@pytest.mark.parametrize("query", ["", "   ", "...", "%", "_", "\\", "'; drop table road; --", "ไม่มีที่นี่"])
def test_what_is_no_name_finds_nothing(session: Session, act_as: Act, query: str) -> None:
    assert names(session, act_as("clerk"), query) == []


@on_sqlite
def test_a_very_long_query_is_cut(session: Session, act_as: Act) -> None:
    assert names(session, act_as("clerk"), "ก" * 100_000) == []


def test_signs_of_a_pattern_in_a_name_are_letters(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        writing.add(Road(name="ซอย 100% สุข_ใจ", name_key="x"))
        writing.add(Road(name="ซอย 100 สุข", name_key="y"))
    assert names(session, act_as("clerk"), "100%") == ["ซอย 100% สุข_ใจ"]


def test_thai_digits_in_a_stored_name_are_found(session: Session, act_as: Act) -> None:
    with write_transaction() as writing:
        writing.add(Road(name=to_thai_digits("ซอย 77"), name_key="x"))
    assert names(session, act_as("clerk"), "ซอย 77") == ["ซอย ๗๗"]
    assert names(session, act_as("clerk"), "๗๗") == ["ซอย ๗๗"]


@on_sqlite
def test_words_in_another_order_still_find_the_name(session: Session, act_as: Act) -> None:
    assert "ถนนกสิกรทุ่งสร้าง" in names(session, act_as("clerk"), "ทุ่งสร้าง กสิกร")


@on_sqlite
def test_the_unknown_rows_are_no_places(session: Session, act_as: Act) -> None:
    assert names(session, act_as("clerk"), "ไม่ทราบ") == []


def test_a_search_asks_the_database_twice_at_most(
    session: Session, act_as: Act, sql_count: Callable[[], object]
) -> None:
    actor, lookups = act_as("clerk"), load_lookups(session)
    with sql_count() as statements:  # type: ignore[attr-defined]
        find_places(session, actor, lookups, "ศรีจันทร์")
    assert len(statements) <= 2
