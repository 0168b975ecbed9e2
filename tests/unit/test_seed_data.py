"""The shipped reference data: codes are unique, references resolve, every number makes sense."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

import seed
from domain.permissions import Permission
from domain.phones import normalise_phone
from domain.tellings import EVERY_TELLING
from domain.workflow import Audience
from line_hooks.limits import MAX_QUICK_LABEL, graphemes
from line_hooks.messages import LAYOUTS, build, check_words
from line_hooks.words import fill_alt, named_in
from tables.enums import ChannelGroup, ComplaintStatus, DepartmentKind, DurationUnit, Scope

TOWN = "khon_kaen"
REAL_COMPLAINTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "complaints_th.csv"

Point = tuple[float, float]

departments = seed.rows("departments.csv")
categories = seed.rows("categories.csv")
subcategories = seed.rows("subcategories.csv")
channels = seed.rows("channels.csv")
import_map = seed.rows("import_map.csv")
roles = seed.document("roles.json")
templates = seed.document("message_templates.json")["templates"]
placeholders = seed.document("message_templates.json")["placeholders"]
communities = seed.rows("communities.csv", TOWN)
roads = seed.rows("roads.csv", TOWN)
zones = seed.document("zones.geojson", TOWN)["features"]
outline = seed.document("outline.geojson", TOWN)["features"]
municipality = seed.document("municipality.json", TOWN)


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def polygons(geometry: dict) -> list[list[Point]]:
    """The outer rings of a Polygon or MultiPolygon."""
    parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [[(x, y) for x, y in part[0]] for part in parts]


def is_inside(point: Point, ring: list[Point]) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def test_a_point_outside_a_square_is_told_from_one_inside() -> None:
    square = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (0.0, 0.0)]
    assert is_inside((1.0, 1.0), square)
    assert not is_inside((3.0, 1.0), square)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("departments", [row["code"] for row in departments]),
        ("categories", [row["code"] for row in categories]),
        ("subcategories", [row["code"] for row in subcategories]),
        ("channels", [row["code"] for row in channels]),
        ("roles", [role["code"] for role in roles]),
        ("zones", [zone["properties"]["code"] for zone in zones]),
        ("communities", [row["code"] for row in communities]),
        ("community names", [row["name"] for row in communities]),
        ("roads", [row["name"] for row in roads]),
        ("templates", [f"{one['key']} {one['lang']}" for one in templates]),
        ("imported words", [f"{r['source']} {r['field']} {r['external_label']}" for r in import_map]),
    ],
)
def test_no_code_appears_twice(name: str, codes: list[str]) -> None:
    assert codes, name
    assert repeated(codes) == []


def test_eight_departments_stand_at_the_top_and_one_unit_is_the_intake_centre() -> None:
    top = [row for row in departments if not row["parent_code"]]
    centres = [row["code"] for row in departments if row["is_intake_centre"] == "1"]
    assert len(top) == 8
    assert {row["kind"] for row in top} == {DepartmentKind.BUREAU.value, DepartmentKind.DIVISION.value}
    assert centres == ["complaint_centre"]


def test_every_department_has_a_known_kind_and_hangs_below_one_listed_before_it() -> None:
    seen: set[str] = set()
    for row in departments:
        assert row["kind"] in {kind.value for kind in DepartmentKind}, row
        assert row["parent_code"] in seen | {""}, row
        seen.add(row["code"])


def test_the_towns_departments_are_the_generic_ones_with_telephones() -> None:
    in_town = seed.rows("departments.csv", TOWN)
    assert [{**row, "phone": ""} for row in in_town] == departments
    assert repeated([normalise_phone(row["phone"], field="phone") for row in in_town]) == []


def test_every_main_type_belongs_to_a_department_and_has_subtypes() -> None:
    known = {row["code"] for row in departments}
    used = {row["category_code"] for row in subcategories}
    assert [row["code"] for row in categories if row["department_code"] not in known] == []
    assert {row["code"] for row in categories} == used


def test_every_top_department_has_a_main_type_of_its_own_or_below_it() -> None:
    above = {row["code"]: row["parent_code"] or row["code"] for row in departments}
    tops = {row["code"] for row in departments if not row["parent_code"]}
    assert {above[row["department_code"]] for row in categories} == tops


def test_a_subtype_code_is_its_main_type_and_a_running_number() -> None:
    running: Counter[str] = Counter()
    for row in subcategories:
        running[row["category_code"]] += 1
        assert int(row["running"]) == running[row["category_code"]], row
        assert row["code"] == f"{row['category_code']}({row['running']})"


def test_left_over_garbage_is_promised_in_one_to_three_days_as_in_the_manual() -> None:
    row = next(row for row in subcategories if row["code"] == "อส.(3)")
    promised = (row["name"], row["duration_min"], row["duration_max"], row["duration_unit"])
    assert promised == ("ขยะตกค้าง", "1", "3", "days")


def test_every_promise_is_a_range_of_at_most_thirty_days_or_two_days_of_hours() -> None:
    longest = {DurationUnit.HOURS.value: 48, DurationUnit.DAYS.value: 30, DurationUnit.WORKING_DAYS.value: 30}
    for row in subcategories:
        least, most = int(row["duration_min"]), int(row["duration_max"])
        assert 1 <= least < most <= longest[row["duration_unit"]], row
        assert row["needs_photo"] in {"0", "1"}, row
        assert 0 <= int(row["radius_m"]) <= 300, row
        assert row["name"], row
        assert row["name_en"], row
        assert row["examples"], row


def test_the_five_channels_of_the_manual_are_all_there() -> None:
    groups = [row["group"] for row in channels]
    assert set(groups) == {group.value for group in ChannelGroup}
    assert {group: groups.count(group) for group in ("line", "phone", "walk_in", "web")} == dict.fromkeys(
        ("line", "phone", "walk_in", "web"), 1
    )
    others = {row["name"] for row in channels if row["group"] == "other"}
    assert {"บัตรสนเท่ห์", "เพจเฟซบุ๊ก", "สื่อร้องเรียน"} <= others


def test_every_grant_names_a_permission_and_a_scope_that_exist() -> None:
    permissions = {permission.value for permission in Permission}
    scopes = {scope.value for scope in Scope}
    for role in roles:
        named = [grant["permission"] for grant in role["grants"]]
        assert set(named) <= permissions, role["code"]
        assert repeated(named) == [], role["code"]
        assert {grant["scope"] for grant in role["grants"]} <= scopes, role["code"]


def test_every_permission_is_held_by_some_role() -> None:
    held = {grant["permission"] for role in roles for grant in role["grants"]}
    assert {permission.value for permission in Permission} - held == set()


def test_the_executive_changes_nothing() -> None:
    executive = next(role for role in roles if role["code"] == "executive")
    acts = {grant["permission"].split(":")[1] for grant in executive["grants"]}
    assert acts == {"read", "print", "export"}
    assert "complaint:export" not in {grant["permission"] for grant in executive["grants"]}


def test_the_system_administrator_neither_decides_cases_nor_sees_personal_data() -> None:
    admin = next(role for role in roles if role["code"] == "system_admin")
    named = {grant["permission"] for grant in admin["grants"]}
    assert {name for name in named if name.startswith("complaint:")} == {"complaint:read", "complaint:import"}
    assert not any(name.startswith("member:") for name in named)


def test_the_field_officer_acts_on_own_cases_only() -> None:
    officer = next(role for role in roles if role["code"] == "field_officer")
    scopes = {grant["permission"]: grant["scope"] for grant in officer["grants"]}
    for action in ("acknowledge", "start", "record_result"):
        assert scopes[f"complaint:{action}"] == "own"
    assert scopes["complaint:read"] == "department"


def test_the_finance_clerk_may_do_what_an_intake_clerk_may_and_take_money_in() -> None:
    grants = {role["code"]: role["grants"] for role in roles}
    more = [grant for grant in grants["finance_clerk"] if grant not in grants["intake_clerk"]]
    assert [grant for grant in grants["intake_clerk"] if grant not in grants["finance_clerk"]] == []
    assert {grant["permission"].partition(":")[0] for grant in more} == {"receipt"}


def test_every_message_exists_in_thai_and_english_with_the_same_words() -> None:
    by_key: dict[str, dict[str, dict]] = {}
    for one in templates:
        by_key.setdefault(one["key"], {})[one["lang"]] = one
    for key, both in by_key.items():
        assert set(both) == {"th", "en"}, key
        thai, english = both["th"], both["en"]
        assert set(thai["words"]) == set(english["words"]), key
        assert (thai["layout"], thai["audiences"]) == (english["layout"], english["audiences"]), key
        for word, text in thai["words"].items():
            assert named_in(text) == named_in(english["words"][word]), (key, word)


def test_every_message_the_workflow_sends_has_its_words_and_goes_to_those_it_names() -> None:
    told: dict[str, set[str]] = {}
    for telling in EVERY_TELLING:
        told.setdefault(telling.template_key, set()).add(telling.audience.value)
    written = {one["key"]: set(one["audiences"]) for one in templates}
    assert told == written
    assert set().union(*written.values()) <= {audience.value for audience in Audience}


def test_every_message_fits_its_card() -> None:
    for one in templates:
        assert one["layout"] in LAYOUTS
        known = {*LAYOUTS[one["layout"]].needs, *LAYOUTS[one["layout"]].may_use}
        assert set(one["words"]) <= known, one["key"]
        assert check_words(one["layout"], one["words"]) == [], one["key"]


def test_every_card_can_be_built_for_a_case_of_which_little_is_known() -> None:
    bare = {
        "number": "", "public_code": "2026-14", "state_code": "submitted", "state_word": "ได้รับเรื่องแล้ว",
        "due_text": "", "department": "", "done_date_text": "", "result_text": "", "stars": 4,
        "contact_phone": "0 4300 0100",
    }  # fmt: skip
    for one in templates:
        (card,) = build(one["layout"], one["words"], bare, {"acknowledge": "a=1", "rate_5": "r=5"})
        assert card["type"] == "flex"
        assert "2026-14" in card["altText"], one["key"]


def test_a_lock_screen_shows_a_number_and_a_state_and_nothing_else() -> None:
    facts = {"number": "อส. 56/2569", "public_code": "2026-14", "state_word": "รอดำเนินการ"}
    for one in templates:
        shown = fill_alt(one["words"], facts)
        assert "อส. 56/2569" in shown or "2026-14" in shown, one["key"]
        assert len(shown) <= 40, one["key"]


def test_no_button_is_too_long_for_line() -> None:
    for one in templates:
        for word, text in one["words"].items():
            if word.startswith("button_"):
                assert 1 <= len(list(graphemes(text))) <= MAX_QUICK_LABEL, (one["key"], word)


def test_a_message_without_a_promised_day_still_reads_well() -> None:
    for one in templates:
        lines = one["words"]["body"].split("\n")
        with_due = [line for line in lines if "{due}" in line]
        assert all(named_in(line) == {"due_text"} for line in with_due), one["key"]
        assert len(lines) > len(with_due), one["key"]


def test_every_placeholder_used_is_explained() -> None:
    used = set(
        re.findall(r"\{(\w+)\}", " ".join(text for one in templates for text in one["words"].values()))
    )
    assert used - {"score"} <= set(placeholders)


def test_no_citizen_is_told_an_officers_name_and_no_card_repeats_the_story_to_the_complainant() -> None:
    for one in templates:
        if one["key"].startswith("citizen_"):
            named = set().union(*(named_in(text) for text in one["words"].values()))
            assert named.isdisjoint({"officer_name", "story_short"}), one["key"]


def test_every_imported_word_leads_to_a_subtype_or_a_state() -> None:
    targets = {
        "category": {row["code"] for row in subcategories},
        "state": {status.value for status in ComplaintStatus},
    }
    for row in import_map:
        assert row["target_code"] in targets[row["field"]], row


def test_every_word_that_real_imports_hold_is_in_the_import_map() -> None:
    if not REAL_COMPLAINTS.is_file():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{REAL_COMPLAINTS} must be there when CI=true")
        pytest.skip(f"real complaints are not on this machine: {REAL_COMPLAINTS}")
    with REAL_COMPLAINTS.open(encoding="utf-8", newline="") as handle:
        found = list(csv.DictReader(handle))
    known = {(row["field"], row["external_label"]) for row in import_map}
    labels = {("category", label.strip()) for row in found for label in row["categories"].split("|")}
    states = {("state", row["state"].strip()) for row in found}
    assert len(found) > 10_000
    assert (labels | states) - known == set()


def test_the_town_has_four_zones_and_ninety_five_communities() -> None:
    assert sorted(zone["properties"]["code"] for zone in zones) == ["1", "2", "3", "4"]
    assert all(zone["properties"]["name"] for zone in zones)
    assert len(communities) == 95
    assert {row["zone_code"] for row in communities} == {"1", "2", "3", "4"}


def test_every_community_lies_in_its_zone() -> None:
    rings = {zone["properties"]["code"]: polygons(zone["geometry"]) for zone in zones}
    strays = []
    for row in communities:
        point = (float(row["longitude"]), float(row["latitude"]))
        if not any(is_inside(point, ring) for ring in rings[row["zone_code"]]):
            strays.append(row["name"])
    assert strays == []


def test_zones_and_outline_have_closed_rings_with_six_digits_at_most() -> None:
    assert len(outline) == 1
    for feature in [*zones, *outline]:
        for ring in polygons(feature["geometry"]):
            assert ring[0] == ring[-1]
            assert len(ring) >= 4
            assert all(round(value, 6) == value for point in ring for value in point)


def test_the_derived_zones_say_that_they_are_not_official() -> None:
    assert all(zone["properties"]["derived"] is True for zone in zones)
    notice = (seed.FOLDER / "NOTICE").read_text(encoding="utf-8")
    assert "DERIVED, NOT OFFICIAL" in notice
    assert "CC BY 4.0" in notice
    assert "CC BY-IGO" in notice


def test_the_towns_own_words_are_ready_for_the_settings_table() -> None:
    settings = municipality["settings"]
    assert all(len(key) <= 60 for key in settings)
    assert settings["contact_email"].endswith(".example")
    assert settings["web_address"].endswith(".example")
    assert re.fullmatch(r"#[0-9A-F]{6}", settings["colour_primary"])
    assert settings["number_pattern"].format(code="อส.", running=56, year=2569) == "อส. 56/2569"
    assert normalise_phone(municipality["shared_member"]["phone"], field="phone") == "+6643271261"
    for name in municipality["files"].values():
        assert seed.find(name, TOWN).parent.name == TOWN


def test_the_generic_files_name_no_town() -> None:
    for path in seed.FOLDER.iterdir():
        if path.suffix in {".csv", ".json", ".py"}:
            assert "ขอนแก่น" not in path.read_text(encoding="utf-8"), path.name


def test_a_row_with_a_cell_too_many_is_refused_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.csv").write_text("code,name\nline,LINE\nphone,โทร,แจ้ง\n", encoding="utf-8")
    monkeypatch.setattr(seed, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"broken\.csv line 3: 3 cells, not 2"):
        seed.rows("broken.csv")


def test_a_file_saved_by_a_spreadsheet_and_a_file_of_the_town_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "town").mkdir()
    (tmp_path / "roads.csv").write_text("name\nถนนกลาง\n", encoding="utf-8")
    (tmp_path / "town" / "roads.csv").write_bytes(b"\xef\xbb\xbfname\r\n" + " ถนนใหญ่ ".encode() + b"\r\n\r\n")
    monkeypatch.setattr(seed, "FOLDER", tmp_path)
    assert seed.rows("roads.csv", "town") == [{"name": "ถนนใหญ่"}]
    assert seed.rows("roads.csv", "elsewhere") == [{"name": "ถนนกลาง"}]
    with pytest.raises(FileNotFoundError, match=r"no seed file 'zones\.csv'"):
        seed.rows("zones.csv", "town")


def test_json_is_kept_readable_for_people() -> None:
    for path in seed.FOLDER.rglob("*.json"):
        assert "\\u0e" not in path.read_text(encoding="utf-8"), path.name
        json.loads(path.read_text(encoding="utf-8"))
