"""The demo's words: invented people with invented numbers, and stories nobody has told before."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import seed
from demo.people import PEOPLE, WORDS
from demo.staff import ACCOUNTS, COLLEAGUES
from demo.stories import (
    COMMENTS,
    DIRECTIVES,
    FORWARD_REASONS,
    HAND_BACK_REASONS,
    MORE_TIME_REASONS,
    NOTES,
    PLAN_NOTES,
    QUESTIONS,
    REFERRALS,
    REJECTIONS,
    REOPEN_REASONS,
    REQUESTS,
    RESULTS_BY_OUTCOME,
    STORIES,
    WITHDRAW_REASONS,
    Story,
)
from domain.phones import normalise_phone
from tables.enums import ComplaintKind, Outcome, Urgency

TOWN = "khon_kaen"
REAL_COMPLAINTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "complaints_th.csv"
INVENTED_PHONE = re.compile(r"0(?:99|8\d)000\d{4}")
# Two texts that share more than this part of their three-letter pieces tell the same thing twice.
MOST_ALIKE = 0.3
# So many letters in a row in common are no chance.
COPIED_LETTERS = 30

told: list[Story] = [story for stories in STORIES.values() for story in stories]
said: list[str] = [
    *(reason for rejection in REJECTIONS for reason in rejection),
    *(text for texts in COMMENTS.values() for text in texts),
    *(text for texts in RESULTS_BY_OUTCOME.values() for text in texts),
    *(text for texts in PLAN_NOTES.values() for text in texts),
    *(text for question in QUESTIONS for text in question),
    *(referral.reason for referral in REFERRALS),
    *(DIRECTIVES + NOTES + REOPEN_REASONS + WITHDRAW_REASONS),
    *(HAND_BACK_REASONS + FORWARD_REASONS + MORE_TIME_REASONS),
    *(text for texts in REQUESTS.values() for text in texts),
]


def letters(text: str) -> str:
    """The text without spaces, digits and marks, so that small changes hide no copy."""
    return "".join(char for char in text if char.isalpha() or "\u0e30" <= char <= "\u0e4e")


def pieces(text: str, length: int) -> set[str]:
    plain = letters(text)
    return {plain[start : start + length] for start in range(max(1, len(plain) - length + 1))}


def too_alike(texts: list[str]) -> list[tuple[str, str, float]]:
    cut = [pieces(text, 3) for text in texts]
    found = []
    for place, one in enumerate(cut):
        for other in range(place):
            share = len(one & cut[other]) / len(one | cut[other])
            if share > MOST_ALIKE:
                found.append((texts[other], texts[place], round(share, 2)))
    return found


def runs(text: str) -> Iterator[str]:
    for start in range(len(text) - COPIED_LETTERS + 1):
        yield text[start : start + COPIED_LETTERS]


def shared_runs(ours: list[str], theirs: list[str]) -> set[str]:
    """What stands letter by letter in one of our texts and in one of theirs."""
    mine = {run for text in ours for run in runs(text)}
    return {run for text in theirs for run in runs(text) if run in mine}


@pytest.fixture(scope="module")
def real_comments() -> list[str]:
    if not REAL_COMPLAINTS.is_file():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{REAL_COMPLAINTS} must be there when CI=true")
        pytest.skip(f"real complaints are not on this machine: {REAL_COMPLAINTS}")
    with REAL_COMPLAINTS.open(encoding="utf-8", newline="") as handle:
        return [letters(row["comment"]) for row in csv.DictReader(handle)]


def test_each_subtype_has_two_to_five_stories_and_a_wish() -> None:
    codes = {row["code"] for row in seed.rows("subcategories.csv")}
    assert set(STORIES) == codes
    assert set(REQUESTS) == codes
    assert {code for code, stories in STORIES.items() if not 2 <= len(stories) <= 5} == set()
    assert {code for code, wishes in REQUESTS.items() if not wishes} == set()
    assert len(told) >= 120


def test_a_story_happens_in_a_community_and_comes_in_by_a_channel_that_exist() -> None:
    communities = {row["name"] for row in seed.rows("communities.csv", TOWN)}
    channels = {row["code"] for row in seed.rows("channels.csv")}
    for story in told:
        assert story.community in communities, story
        assert story.channel in channels, story
        assert story.kind in {kind.value for kind in ComplaintKind}, story
        assert story.urgency in {urgency.value for urgency in Urgency}, story
        assert story.story == story.story.strip() != ""
        assert story.place == story.place.strip() != ""
        assert story.result == story.result.strip() != ""


def test_stories_come_from_all_over_town_and_by_every_group_of_channels() -> None:
    groups = {row["code"]: row["group"] for row in seed.rows("channels.csv")}
    zones = {row["name"]: row["zone_code"] for row in seed.rows("communities.csv", TOWN)}
    by_group = Counter(groups[story.channel] for story in told)
    by_zone = Counter(zones[story.community] for story in told)
    assert set(by_group) == {"line", "phone", "walk_in", "web", "other"}
    assert min(by_zone[zone] for zone in "1234") >= 15
    assert len({story.community for story in told}) >= 60


def test_some_people_write_one_line_and_some_write_a_letter() -> None:
    sizes = sorted(len(story.story) for story in told)
    assert sizes[0] <= 25
    assert sizes[-1] >= 250
    assert sizes[len(sizes) // 4] * 1.4 < sizes[3 * len(sizes) // 4]


def test_no_text_is_told_twice_nor_nearly_so() -> None:
    stories = [story.story for story in told]
    results = [story.result for story in told]
    places = [story.place for story in told]
    assert [text for text, count in Counter(stories + results + said).items() if count > 1] == []
    assert [text for text, count in Counter(places).items() if count > 1] == []
    assert too_alike(stories) == []
    assert too_alike(results) == []


def test_a_near_copy_would_be_noticed() -> None:
    first = told[0].story
    assert too_alike([first, first.replace("ครับ", "ค่ะ") + " ด่วน"]) != []


def test_no_text_comes_from_a_real_complaint(real_comments: list[str]) -> None:
    ours = [letters(text) for text in (*(part for story in told for part in story[:3]), *said)]
    assert sum(map(len, ours)) > 10_000
    assert sum(map(len, real_comments)) > 1_000_000
    assert shared_runs(ours, real_comments) == set()


def test_a_text_lent_from_another_would_be_noticed() -> None:
    lent = letters("ถนนหน้าบ้านพังมากครับ รถมอเตอร์ไซค์ล้มทุกวัน ขอให้มาดูด่วน")
    assert shared_runs(["ก" * 40, "ข" + lent], [letters("สวัสดีครับ ") + lent + letters("ขอบคุณ")]) != set()
    assert shared_runs([lent[: COPIED_LETTERS - 1]], [lent]) == set()


def test_no_story_equals_a_real_complaint(real_comments: list[str]) -> None:
    real = set(real_comments)
    assert [story.story for story in told if letters(story.story) in real] == []


def test_there_are_words_for_every_star_and_every_other_outcome() -> None:
    assert set(COMMENTS) == {1, 2, 3, 4, 5}
    assert all(len(texts) >= 4 for texts in COMMENTS.values())
    assert set(RESULTS_BY_OUTCOME) == {outcome.value for outcome in Outcome} - {"fixed", "no_answer"}
    assert set(PLAN_NOTES) == {"material", "equipment", "budget"}
    assert len(REJECTIONS) >= 6
    assert all(text.strip() == text != "" for text in said)


def test_people_are_many_and_all_different() -> None:
    names = [f"{person.first_name} {person.last_name}" for person in PEOPLE]
    assert len(PEOPLE) == 120
    assert len(set(names)) == 120
    assert len({person.last_name for person in PEOPLE}) == 120
    assert len({person.phone for person in PEOPLE}) == 120


def test_people_live_in_the_town_on_its_roads_and_are_of_age() -> None:
    communities = {row["name"] for row in seed.rows("communities.csv", TOWN)}
    roads = {row["name"] for row in seed.rows("roads.csv", TOWN)}
    for person in PEOPLE:
        assert person.community in communities, person
        assert person.road in roads, person
        assert date(1930, 1, 1) < person.birth_date < date(2007, 1, 1), person
        assert re.fullmatch(r"\d{1,3}(/\d{1,2})?", person.house_no), person
    assert {person.community for person in PEOPLE} == communities


def test_every_phone_is_of_the_invented_kind_and_passes_the_phone_check() -> None:
    phones = [person.phone for person in (*PEOPLE, *ACCOUNTS, *COLLEAGUES)]
    assert len(set(phones)) == len(phones)
    for phone in phones:
        assert INVENTED_PHONE.fullmatch(phone), phone
        assert normalise_phone(phone, field="phone") == f"+66{phone[1:]}"


def test_a_phone_number_inside_a_text_is_invented_too() -> None:
    written = [*(part for story in told for part in story[:3]), *said]
    found = [run for text in written for run in re.findall(r"\d[\d-]{8,}\d", text)]
    assert len(found) >= 1
    assert [run for run in found if not INVENTED_PHONE.fullmatch(run)] == []


def test_nothing_in_the_demo_looks_like_a_national_id() -> None:
    for path in WORDS.iterdir():
        assert re.findall(r"(?<!\d)\d(?:[- ]?\d){12}(?!\d)", path.read_text(encoding="utf-8")) == [], (
            path.name
        )


def test_the_eight_demo_accounts_are_those_the_readme_prints() -> None:
    departments = {row["code"]: row["name"] for row in seed.rows("departments.csv")}
    promised = {
        "admin": ("system_admin", None),
        "central": ("central_unit", "งานรับเรื่องร้องเรียน ฝ่ายกิจการคณะผู้บริหาร"),
        "clerk": ("intake_clerk", "สำนักช่าง"),
        "officer": ("field_officer", "สำนักช่าง"),
        "head": ("head", "สำนักช่าง"),
        "health": ("intake_clerk", "สำนักสาธารณสุข"),
        "finance": ("finance_clerk", "สำนักคลัง"),
        "executive": ("executive", "สำนักปลัดเทศบาล"),
    }
    assert {officer.username for officer in ACCOUNTS} == set(promised)
    for officer in ACCOUNTS:
        role, department = promised[officer.username]
        assert officer.role == role
        assert department in {None, departments[officer.department]}
    assert next(officer.position for officer in ACCOUNTS if officer.username == "executive") == "ปลัดเทศบาล"


def test_every_officer_has_a_known_role_and_department_and_nobody_shares_a_name() -> None:
    everybody = (*ACCOUNTS, *COLLEAGUES)
    roles = {role["code"] for role in seed.document("roles.json")}
    departments = {row["code"] for row in seed.rows("departments.csv")}
    citizens = {(person.first_name, person.last_name) for person in PEOPLE}
    names = {(officer.first_name, officer.last_name) for officer in everybody}
    assert len(COLLEAGUES) >= 14
    assert len({officer.username for officer in everybody}) == len(everybody) == len(names)
    assert names.isdisjoint(citizens)
    assert {officer.role for officer in everybody} <= roles
    assert {officer.department for officer in everybody} == departments


def test_every_main_type_finds_somebody_in_its_department_who_can_act() -> None:
    above = {row["code"]: row["parent_code"] for row in seed.rows("departments.csv")}
    acting = {"field_officer", "intake_clerk", "finance_clerk"}
    at_work = {officer.department for officer in (*ACCOUNTS, *COLLEAGUES) if officer.role in acting}
    staffed = at_work | {above[department] for department in at_work}
    assert {row["department_code"] for row in seed.rows("categories.csv")} <= staffed


def test_code_of_the_demo_names_no_town() -> None:
    for path in WORDS.parent.glob("*.py"):
        assert "ขอนแก่น" not in path.read_text(encoding="utf-8"), path.name
