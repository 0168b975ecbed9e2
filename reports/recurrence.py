"""เรื่องซ้ำซาก: the same trouble at the same spot, reported again after it had been finished.

The same spot is, for cases with a pin, within the subtype's radius of the first one; without a pin the same
community. A report while an earlier one is unfinished is the same occurrence; one received after all earlier
ones ended is a new one. Subtypes without a place (radius 0) have no spots.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import select

from domain.complaint_filter import conditions
from domain.coordinates import distance_metres
from domain.labels import word
from domain.nearness import METRES_A_DEGREE
from domain.permissions import Permission, scope_complaints
from domain.settings import DEFAULTS
from models import Complaint, Figure
from reports.cells import Cell
from reports.report import Column, Kind, Made, Source

LEAST_TIMES: Final = 2
MOST_NUMBERS: Final = 20
NEVER: Final = datetime.max.replace(tzinfo=UTC)
REAL: Final = (Figure.EXAMINATION, Figure.PROGRESS, Figure.FINISHED)
DEFINITION: Final = (
    "เรื่องซ้ำซาก = ตัวย่อย่อยเดียวกัน ที่จุดเดียวกัน แจ้งเข้ามาอีกหลังจากเรื่องก่อนหน้าที่จุดนั้นสิ้นสุดแล้วทุกเรื่อง "
    "รวมแล้วเกิดตั้งแต่ 2 ครั้งขึ้นไปในปีที่เลือก"
)
SAME_SPOT: Final = (
    "จุดเดียวกัน = หมุดอยู่ในรัศมีเรื่องใกล้เคียงของตัวย่อย่อย นับจากเรื่องแรก ถ้าไม่มีหมุดให้ถือชุมชนเดียวกัน "
    "เรื่องที่แจ้งระหว่างเรื่องก่อนยังไม่เสร็จนับเป็นครั้งเดียวกัน"
)
COLUMNS: Final = (
    Column("subcategory", "ตัวย่อย่อย", "Subtype", "ประเภทย่อยของเรื่องที่จุดนี้", width=28),
    Column("times", "เกิดขึ้น (ครั้ง)", "Times", "จำนวนครั้งที่เกิดในปีที่เลือก ตามนิยาม", Kind.NUMBER, 10),
    Column("cases", "จำนวนเรื่อง", "Cases", "จำนวนเรื่องทั้งหมดที่จุดนี้", Kind.NUMBER, 10),
    Column("zone", "เขต", "Zone", "เขตของเรื่องล่าสุด", width=10),
    Column("community", "ชุมชน", "Community", "ชุมชนของเรื่องล่าสุด", width=22),
    Column("place", "สถานที่/จุดสังเกต", "Place", "สถานที่ของเรื่องล่าสุด", width=30),
    Column("latitude", "ละติจูด", "Latitude", "หมุดของเรื่องแรก (WGS84)", Kind.DEGREES, 12),
    Column("longitude", "ลองจิจูด", "Longitude", "หมุดของเรื่องแรก (WGS84)", Kind.DEGREES, 12),
    Column("first_at", "ครั้งแรก", "First", "วันที่รับเรื่องแรก", Kind.MOMENT, 18),
    Column("last_at", "ครั้งล่าสุด", "Latest", "วันที่รับเรื่องล่าสุด", Kind.MOMENT, 18),
    Column(
        "gap_days", "กลับมาในเวลาเฉลี่ย (วัน)", "Mean days until back", "จากวันที่เสร็จถึงวันที่แจ้งอีก", Kind.PERCENT, 12
    ),
    Column("department", "หน่วยงานรับผิดชอบ", "Department", "หน่วยงานของเรื่องล่าสุด", width=26),
    Column("status", "สถานะเรื่องล่าสุด", "State of the latest", "สถานะปัจจุบันของเรื่องล่าสุด", width=20),
    Column("numbers", "เลขที่", "Numbers", "เลขที่ของเรื่องที่จุดนี้ ล่าสุดก่อน ไม่เกิน 20 เรื่อง", width=40),
)
VALUES: Final = (
    *(Complaint.id, Complaint.number, Complaint.public_code, Complaint.subcategory_id, Complaint.status),
    *(Complaint.latitude, Complaint.longitude, Complaint.zone_id, Complaint.community_id),
    *(Complaint.place_text, Complaint.department_id, Complaint.received_at, Complaint.finished_at),
)


@dataclass(slots=True)
class Spot:
    """One place with one kind of trouble.

    Attributes:
        pin: Of the first case; None where it had none.
        cases: In the order of receipt.
        times: How often it occurred.
        gaps: Seconds from each end to the next occurrence.
        ends: When all cases so far had ended; ``NEVER`` while one is open.
    """

    pin: tuple[float, float] | None
    cases: list[Any] = field(default_factory=list)
    times: int = 1
    gaps: list[float] = field(default_factory=list)
    ends: datetime | None = None

    def add(self, case: Any) -> None:
        """Take in the next case by its day of receipt."""
        if self.ends is not None and case.received_at > self.ends:
            self.times += 1
            self.gaps.append((case.received_at - self.ends).total_seconds())
        self.cases.append(case)
        ended = case.finished_at or NEVER
        self.ends = ended if self.ends is None else max(self.ends, ended)


def spots_of(cases: Iterable[Any], radius: int) -> list[Spot]:
    """Return the spots of one subtype's cases, which come in the order of receipt.

    A grid as wide as the radius keeps it from comparing every case with every spot.
    """
    near: dict[tuple[int, int], list[Spot]] = {}
    by_community: dict[int, Spot] = {}
    found: list[Spot] = []
    for case in cases:
        pin = None if case.latitude is None else (float(case.latitude), float(case.longitude))
        spot = _near_spot(near, pin, radius) if pin else by_community.get(case.community_id or 0)
        if spot is None:
            spot = Spot(pin)
            found.append(spot)
            if pin:
                near.setdefault(_square(pin, radius), []).append(spot)
            elif case.community_id:
                by_community[case.community_id] = spot
        spot.add(case)
    return found


def _square(pin: tuple[float, float], radius: int) -> tuple[int, int]:
    # Half as fine to the east: at any latitude below 60 degrees a square is at least as wide as the radius.
    return int(pin[0] * METRES_A_DEGREE // radius), int(pin[1] * METRES_A_DEGREE / 2 // radius)


def _near_spot(near: dict[tuple[int, int], list[Spot]], pin: tuple[float, float], radius: int) -> Spot | None:
    """Return the nearest spot within the radius; the squares around hold every one there is."""
    north, east = _square(pin, radius)
    around = [(north + up, east + right) for up in (-1, 0, 1) for right in (-1, 0, 1)]
    distances = [
        (distance_metres(spot.pin, pin), place, spot)
        for place, spot in enumerate(spot for square in around for spot in near.get(square, ()))
        if spot.pin is not None
    ]
    nearest = min(distances, key=lambda one: one[:2], default=None)
    return nearest[2] if nearest and nearest[0] <= radius else None


# The report -------------------------------------------------------------------------------------------------


def recurring(source: Source) -> Made:
    """Return the spots where the same trouble came back, the most frequent first."""
    spots = [spot for _subtype, spots in _by_subtype(source) for spot in spots if spot.times >= LEAST_TIMES]
    spots.sort(key=lambda spot: (-spot.times, -len(spot.cases), spot.cases[0].id))
    return Made(_cells(source, spot) for spot in spots)


def times_by_case(source: Source, subtypes: Collection[int | None]) -> dict[int, int]:
    """Return, by id of a case of these subtypes, how often the trouble of its spot occurred, in all years."""
    wanted = frozenset(row_id for row_id in subtypes if row_id)
    if not wanted:
        return {}
    everything = replace(source.chosen, year=frozenset(), status=frozenset(), subcategory=wanted)
    return {
        case.id: spot.times
        for _subtype, spots in _by_subtype(replace(source, chosen=everything))
        for spot in spots
        for case in spot.cases
    }


def _by_subtype(source: Source) -> Iterator[tuple[int, list[Spot]]]:
    """Yield the spots subtype by subtype: memory holds the cases of one at a time."""
    wanted, _match = conditions(source.chosen, source.session)
    statement = select(*VALUES).where(
        *wanted,
        Complaint.subcategory_id.is_not(None),
        Complaint.received_at.is_not(None),
        Complaint.figure.in_(REAL),
    )
    scoped = scope_complaints(statement, source.actor, Permission.REPORT_EXPORT).order_by(
        Complaint.subcategory_id, Complaint.received_at, Complaint.id
    )
    rows = source.session.execute(scoped.execution_options(yield_per=1_000))
    usual = int(source.lookups.setting("nearby_radius_m", DEFAULTS["nearby_radius_m"]))
    for subtype, cases in groupby(rows, key=attrgetter("subcategory_id")):
        own = source.lookups.subcategories[subtype].nearby_radius_m
        radius = usual if own is None else own
        if radius > 0:
            yield subtype, spots_of(cases, radius)


def _cells(source: Source, spot: Spot) -> list[Cell]:
    first, last = spot.cases[0], spot.cases[-1]
    numbers = [case.number or case.public_code for case in reversed(spot.cases)]
    latitude, longitude = spot.pin or (None, None)
    return [
        source.name("subcategories", last.subcategory_id),
        spot.times,
        len(spot.cases),
        source.name("zones", last.zone_id),
        source.name("communities", last.community_id),
        last.place_text,
        latitude,
        longitude,
        first.received_at,
        last.received_at,
        round(sum(spot.gaps) / len(spot.gaps) / 86_400, 1),
        source.name("departments", last.department_id),
        word(last.status),
        ", ".join(numbers[:MOST_NUMBERS]),
    ]
