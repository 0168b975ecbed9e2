"""Sheets over many cases: addresses where they belong, the register line by line; nothing blank or lost."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from helpers.cases import new_case, new_member
from pypdf import PdfReader
from sqlalchemy.orm import Session

from documents.address_sheets import address_pdf, addresses_of, write_addresses
from documents.batches import BATCHES, BatchTools
from documents.register_sheet import register_of, register_pdf
from domain.actor import Actor
from domain.members import shared_member
from models import Disclosure, DocumentKind
from sandbox import Sandbox

pytestmark = [
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("frozen_noon"),
]
ActAs = Callable[[str], Actor]
ADDRESS = "12/3 หมู่ 4 ซ.สุขใจ ถ.ศรีจันทร์ ต.ในเมือง อ.เมืองขอนแก่น จ.ขอนแก่น 40000"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(children=1) as pool:
        yield pool


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def cases_of(session: Session, *addresses: str, **more: Any) -> list[int]:
    return [
        new_case(
            session,
            member=new_member(session, f"น้ำซื้อปั้น{place}", "ที่ญี่ปุ่น", title="นาง", address_text=address),
            **more,
        ).id
        for place, address in enumerate(addresses)
    ]


def test_every_address_has_a_label_and_who_has_none_is_listed(
    session: Session, act_as: ActAs, sandbox: Sandbox
) -> None:
    ids = cases_of(session, *[ADDRESS] * 25, "", "ก" * 390)
    unnamed = new_case(session, member=shared_member(session))
    again = new_case(session, member_id=session.get_one(type(unnamed), ids[0]).member_id)

    found = addresses_of(session, act_as("central"), [*ids, unnamed.id, again.id])
    pages = pages_of(address_pdf(DocumentKind.LABELS, found, sandbox))

    assert [one.why for one in found.left_out] == [
        "ยังไม่มีที่อยู่",
        "ที่อยู่ยาวเกินพื้นที่พิมพ์",
        "ไม่ประสงค์เปิดเผยข้อมูล",
    ]
    assert len(pages) == 2
    assert [text.count("น้ำซื้อปั้น") for text in pages] == [24, 1]
    assert "นางน้ำซื้อปั้น0 ที่ญี่ปุ่น" in pages[0]


@pytest.mark.parametrize("letters", [54, 89, 149])
def test_the_longest_address_of_each_type_stays_on_its_label(
    session: Session, act_as: ActAs, sandbox: Sandbox, letters: int
) -> None:
    found = addresses_of(session, act_as("central"), cases_of(session, *["W" * letters] * 24))

    pages = pages_of(address_pdf(DocumentKind.LABELS, found, sandbox))

    assert len(found.addressees) == 24
    assert len(pages) == 1


def test_an_envelope_is_a_page_with_the_sender(session: Session, act_as: ActAs, sandbox: Sandbox) -> None:
    found = addresses_of(session, act_as("central"), cases_of(session, ADDRESS, ADDRESS))

    pdf = address_pdf(DocumentKind.ENVELOPE, found, sandbox)

    pages = pages_of(pdf)
    assert len(pages) == 2
    assert all(found.town.name in text and "เมืองขอนแก่น" in text for text in pages)
    width, height = PdfReader(io.BytesIO(pdf)).pages[0].mediabox[2:]
    assert (round(float(width) / 72 * 25.4), round(float(height) / 72 * 25.4)) == (220, 110)


def test_an_address_beyond_the_right_is_not_read(session: Session, act_as: ActAs) -> None:
    elsewhere = cases_of(session, ADDRESS)

    assert addresses_of(session, act_as("finance"), elsewhere).addressees == []
    assert addresses_of(session, act_as("executive"), elsewhere).addressees == []


def test_without_one_address_the_file_says_why(session: Session, act_as: ActAs, sandbox: Sandbox) -> None:
    ids = cases_of(session, "")
    tools = BatchTools(files=None, sandbox=sandbox, public_url="", filters=(), tell=lambda _done: None)  # type: ignore[arg-type]

    made = write_addresses(DocumentKind.LABELS)(session, act_as("central"), ids, tools)

    assert made.printed == 0
    assert "ยังไม่มีที่อยู่" in pages_of(made.pdf)[0]


def test_the_register_goes_on_over_pages_and_numbers(
    session: Session, act_as: ActAs, sandbox: Sandbox
) -> None:
    story = "น้ำท่วมซอย กตัญญู ฏีกา ปั้นที่ =HYPERLINK(1) 😀 " * 5
    ids = [new_case(session, story, place_text="หน้าตลาด").id for _case in range(30)]
    known = new_member(session)
    ids += [new_case(session, member=known, disclosure=one).id for one in Disclosure]

    register = register_of(
        session, act_as("executive"), ids, filters=[("ปีงบประมาณ", "2570")], first_number=501
    )
    pages = pages_of(register_pdf(register, sandbox))

    assert [row.running for row in register.rows] == list(range(501, 501 + len(ids)))
    assert {row.complainant for row in register.rows} == {"ไม่ระบุชื่อ", "สxxx ใจxxx", "ผู้ร้องขอปกปิดข้อมูล"}
    assert len(pages) > 2
    assert all(
        "เลขที่คำร้อง" in text and f"หน้า {place} / {len(pages)}" in text for place, text in enumerate(pages, 1)
    )
    assert "น้ำท่วมซอย กตัญญู" in pages[0]


def test_a_register_of_nothing_says_so(session: Session, act_as: ActAs, sandbox: Sandbox) -> None:
    assert "ไม่มีเรื่องตามที่เลือก" in pages_of(register_pdf(register_of(session, act_as("head"), []), sandbox))[0]


def test_the_sheets_are_offered_as_batches(session: Session) -> None:
    needs = {kind: BATCHES[kind].needs_reason for kind in (DocumentKind.REGISTER, DocumentKind.LABELS)}

    assert needs == {DocumentKind.REGISTER: False, DocumentKind.LABELS: True}
