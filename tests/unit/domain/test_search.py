"""Search inside Thai words, on both databases: what is found, and what must not be."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.cases import made, new_case, new_member
from helpers.statements import full_scans, plan_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.filling import fill
from domain import search
from domain.search import matching
from extensions import write_transaction
from models import Complaint, Disclosure, Member


def found(session: Session, term: str, *, sees_people: bool = True) -> set[str]:
    match = matching(session, term, sees_people=sees_people)
    assert match is not None
    return set(session.scalars(select(Complaint.public_code).where(match.condition)))


def test_a_word_is_found_in_the_middle_of_a_sentence_without_spaces(session: Session) -> None:
    lamp, _road = made("แจ้งว่าโคมไฟหน้าตลาดดับมาสามคืนแล้ว", "ถนนเป็นหลุม")
    assert found(session, "หน้าตลาด") == {lamp}


def test_every_word_must_be_there_in_any_order(session: Session) -> None:
    both, _one = made("ไฟดับหน้าโรงเรียนเทศบาล", "ไฟดับหน้าตลาด")
    assert found(session, "โรงเรียน ไฟดับ") == {both}


def test_thai_digits_tone_order_and_letter_case_do_not_matter(session: Session) -> None:
    [code] = made("ร้าน ABC เลขที่ ๒๓ น้ำรั่ว")
    assert found(session, "abc") == found(session, "23 นํ้ารั่ว") == {code}


@pytest.mark.parametrize("term", ["%", "_", "%%", "100%", 'น้ำ"รั่ว', '"', "a_b", "\\", "OR", "NEAR(ก ข)", "--"])
def test_signs_of_query_languages_are_letters(session: Session, term: str) -> None:
    plain, exact = made("น้ำรั่วหน้าบ้าน", f"ป้ายเขียนว่า {term} อยู่ริมทาง")
    assert plain not in found(session, term)
    assert exact in found(session, term)


def test_one_and_two_letters_are_found_too(session: Session) -> None:
    lamp, _road = made("ไฟดับ", "ถนนเป็นหลุม")
    assert found(session, "ไฟ") == {lamp}


def test_a_short_word_beside_a_long_one_narrows_it(session: Session) -> None:
    both, _long = made("ถนนพังใกล้วัด", "ถนนพังใกล้ตลาด")
    assert found(session, "ถนนพัง วัด") == found(session, "วั ถนนพัง") == {both}


def test_short_words_are_looked_for_in_the_newest_rows_only(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SCAN_CAP", 2)
    _oldest, second, newest = made("ไฟดวงแรก", "ไฟดวงที่สอง", "ไฟดวงที่สาม")
    assert found(session, "ไฟ") == {second, newest}


def test_a_common_word_finds_the_same_rows_as_a_rare_one(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = set(made(*(f"ขยะกองที่ {number}" for number in range(8)), "ไฟดับ")[:-1])
    assert found(session, "ขยะกอง") == codes
    monkeypatch.setattr(search, "COMMON", 3)
    assert found(session, "ขยะกอง") == codes


def test_a_number_is_looked_for_as_it_stands(session: Session) -> None:
    with write_transaction() as writing:
        right = new_case(writing, number="อส. 56/2569").public_code
        new_case(writing, number="ช. 56/2569")
        new_case(writing, "อส. กับ 56/2569 อยู่คนละที่กัน")
    assert found(session, "อส. 56/2569") == {right}


def test_a_tracking_code_finds_its_complaint_and_not_those_it_begins(session: Session) -> None:
    with write_transaction() as writing:
        for code in ("2026-14", "2026-140", "2026-1"):
            new_case(writing).public_code = code
    assert found(session, "2026-14") == {"2026-14"}


def test_a_phone_finds_the_cases_of_its_owner_and_of_who_is_to_be_called_back(session: Session) -> None:
    with write_transaction() as writing:
        owner = new_member(writing, phone="+66935727903")
        brought = new_case(writing, member=owner).public_code
        called = new_case(writing, callback_phone="+66935727903").public_code
        new_case(writing, member=new_member(writing))
    assert found(session, "093-572-7903") == found(session, "๐๙๓๕๗๒๗๙๐๓") == {brought, called}


def test_a_phone_does_not_tell_who_may_not_see_members_whose_concealed_case_it_is(session: Session) -> None:
    with write_transaction() as writing:
        owner = new_member(writing, phone="+66935727903")
        new_case(writing, member=owner, disclosure=Disclosure.CONCEALED)
        shown = new_case(writing, member=owner, disclosure=Disclosure.DISCLOSED).public_code
    assert found(session, "0935727903", sees_people=False) == {shown}


def test_a_part_of_a_phone_finds_nothing(session: Session) -> None:
    with write_transaction() as writing:
        new_case(writing, member=new_member(writing, phone="+66935727903"), callback_phone="+66935727903")
    assert found(session, "9357279") == found(session, "+6693572790") == set()


def test_a_disclosed_name_is_found_and_a_concealed_one_never(session: Session) -> None:
    with write_transaction() as writing:
        person = new_member(writing, "พิมพ์ชนก", "ศรีโนนทอง")
        shown = new_case(writing, member=person, disclosure=Disclosure.DISCLOSED).public_code
        new_case(writing, member=person, disclosure=Disclosure.CONCEALED)
    assert found(session, "พิมพ์ชนก ศรีโนน") == {shown}


def test_the_shared_member_does_not_make_every_call_a_hit(session: Session) -> None:
    with write_transaction() as writing:
        shared = writing.scalars(select(Member).where(Member.is_shared)).one()
        new_case(writing, member=shared, disclosure=Disclosure.DISCLOSED)
    assert found(session, shared.first_name) == set()


@pytest.mark.parametrize("term", ["", "   ", "\u200b", "\x00"])
def test_an_empty_term_asks_for_nothing(session: Session, term: str) -> None:
    assert matching(session, term) is None


def test_an_endless_term_is_cut_and_answered(session: Session) -> None:
    made("ไฟดับ")
    assert found(session, "ไฟดับ " * 5_000) != {None}


def test_what_was_changed_is_found_by_its_new_words_only(session: Session) -> None:
    with write_transaction() as writing:
        case = new_case(writing, "ไฟดับทั้งซอย")
        case.search_text = "น้ำท่วมทั้งซอย"
        code = case.public_code
    assert found(session, "น้ำท่วม") == {code}
    assert found(session, "ไฟดับ") == set()


def test_no_search_reads_the_whole_table(session: Session) -> None:
    with write_transaction() as writing:
        fill(writing, 5_000)
    terms = {"inside": "โรงกลึงไม้", "absent": "ไม่มีคำนี้แน่นอน", "number": "ช. 77/2569", "phone": "0610000001"}
    read_whole: dict[str, Any] = {}
    for name, term in terms.items():
        match = matching(session, term, sees_people=True)
        assert match is not None
        read_whole[name] = full_scans(
            plan_of(session, select(Complaint.id).where(match.condition)), "complaint"
        )
    assert read_whole == {name: [] for name in terms}
