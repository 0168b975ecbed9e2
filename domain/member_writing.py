"""How a citizen's data are checked and written into a row: the one rule of every way in.

The counter and the screens write one member, an Excel file thousands; they differ only in how they know
what is taken: by asking the database, or from what was read before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from domain.accounts import check_email
from domain.addresses import AddressParts, Subdistrict, address_line, check_postal_code, subdistrict
from domain.clock import today
from domain.errors import FieldChecks, InvalidField, MissingField, add_message
from domain.line_ids import read_line_id
from domain.national_id import normalise_national_id
from domain.phones import normalise_phone
from domain.thai_text import clean_text, search_form, sort_key
from domain.vault import Vault
from models import Member

LONGEST_LIFE_YEARS: Final = 130
MAX_ADDRESS_LINE: Final = 400

add_message(
    "national_id_taken",
    thai="เลขประจำตัวประชาชนนี้เป็นของสมาชิกอีกรายแล้ว กรุณาตรวจสอบกับบัตร",
    english="Another member has this national ID already; please check the card",
)
_LINES: Final = {
    "first_name": 120,
    "last_name": 120,
    "title": 40,
    "occupation": 160,
    "agency": 200,
    "house_no": 60,
    "village_no": 20,
    "soi": 120,
    "road": 120,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEntry:
    """What somebody wrote down about a citizen, not yet checked.

    Attributes:
        phone: As typed, or E.164.
        national_id: As typed; None leaves what is stored, an empty text removes it.
        subdistrict_code: Six digits, see ``addresses.read_subdistrict``.
    """

    phone: str
    first_name: str
    last_name: str | None = None
    title: str | None = None
    birth_date: date | None = None
    national_id: str | None = None
    occupation: str | None = None
    agency: str | None = None
    email: str | None = None
    line_id_text: str | None = None
    house_no: str | None = None
    village_no: str | None = None
    soi: str | None = None
    road: str | None = None
    subdistrict_code: str | None = None
    postal_code: str | None = None
    is_active: bool = True


class Taken(Protocol):
    """Knows whose a phone number or a national ID is."""

    def phone(self, phone: str, member: Member) -> bool:
        """Tell whether the number belongs to somebody else."""

    def national_id(self, lookup_hash: str, member: Member) -> bool:
        """Tell whether the national ID of this hash belongs to somebody else."""


@dataclass(frozen=True, slots=True)
class AskedDatabase:
    """What is taken, by a question for each."""

    session: Session

    def phone(self, phone: str, member: Member) -> bool:
        """Tell whether the number belongs to somebody else."""
        return self._has(Member.phone == phone, member)

    def national_id(self, lookup_hash: str, member: Member) -> bool:
        """Tell whether the national ID of this hash belongs to somebody else."""
        return self._has(Member.national_id_hmac == lookup_hash, member)

    def _has(self, condition: ColumnElement[bool], member: Member) -> bool:
        other = Member.id != member.id if member.id is not None else Member.id.is_not(None)
        return self.session.scalar(select(Member.id).where(condition, other)) is not None


def write_member(taken: Taken, vault: Vault, member: Member, entry: MemberEntry) -> None:
    """Check an entry and write it into a row, new or known, with what follows from it.

    Raises:
        FieldErrors: everything that cannot be taken, field by field.
    """
    fill_member(taken, vault, member, entry)
    _write_derived(member)


def fill_member(taken: Taken, vault: Vault, member: Member, entry: MemberEntry) -> None:
    """Check an entry and write it into a row; what belongs to somebody else is refused. Enough for a preview.

    Raises:
        FieldErrors: everything that cannot be taken, field by field.
    """
    check = FieldChecks()
    for name, longest in _LINES.items():
        with check:
            text = clean_text(getattr(entry, name), max_length=longest, field=name, multiline=False)
            if name == "first_name" and not text:
                raise MissingField(field=name)
            setattr(member, name, text or None)
    with check:
        member.phone = _free_phone(taken, entry.phone, member)
    with check:
        member.birth_date = _plausible_birth(entry.birth_date)
    with check:
        _write_national_id(taken, vault, member, entry.national_id)
    with check:
        member.email = check_email(entry.email)
    with check:
        if entry.line_id_text != member.line_id_text:
            member.line_id_text = read_line_id(entry.line_id_text, field="line_id_text")
    with check:
        place = _place(entry.subdistrict_code)
        member.subdistrict_code = place.code if place else None
        member.postal_code = check_postal_code(entry.postal_code, place, field="postal_code")
    check.done()
    member.is_active = entry.is_active


def member_search_text(member: Member) -> str:
    """Return what a member is found by inside a list: the name.

    Not the phone: a search inside it would tell a masked number digit by digit. It is found as a whole, by
    ``members_matching``.
    """
    return search_form(f"{member.title or ''}{member.first_name} {member.last_name or ''}")


def told(changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Leave out of the audit log what only repeats other columns, some of them personal."""
    return {
        name: pair
        for name, pair in changes.items()
        if name not in {"name_key", "search_text", "address_text"}
    }


def _write_derived(member: Member) -> None:
    member.name_key = sort_key(f"{member.first_name} {member.last_name or ''}".strip())
    member.search_text = member_search_text(member)
    parts = AddressParts(
        house_no=member.house_no,
        village_no=member.village_no,
        soi=member.soi,
        road=member.road,
        subdistrict_code=member.subdistrict_code,
        postal_code=member.postal_code,
    )
    member.address_text = address_line(parts)[:MAX_ADDRESS_LINE]


def _free_phone(taken: Taken, text: str, member: Member) -> str:
    phone = normalise_phone(text, field="phone")
    if taken.phone(phone, member):
        raise InvalidField("phone_taken", field="phone")
    return phone


def _plausible_birth(day: date | None) -> date | None:
    if day is None:
        return None
    present = today()
    if day > present:
        raise InvalidField("date_in_future", field="birth_date", date=day, today=present)
    earliest = date(present.year - LONGEST_LIFE_YEARS, 1, 1)
    if day < earliest:
        raise InvalidField("date_too_early", field="birth_date", date=day, earliest=earliest)
    return day


def _write_national_id(taken: Taken, vault: Vault, member: Member, typed: str | None) -> None:
    if typed is None:
        return
    if not typed.strip():
        member.national_id_encrypted = member.national_id_hmac = member.national_id_last4 = None
        return
    digits = normalise_national_id(typed, field="national_id")
    key = vault.lookup_hash(digits)
    if key == member.national_id_hmac:
        return
    if taken.national_id(key, member):
        raise InvalidField("national_id_taken", field="national_id")
    member.national_id_hmac = key
    member.national_id_encrypted = vault.encrypt(digits)
    member.national_id_last4 = digits[-4:]


def _place(code: str | None) -> Subdistrict | None:
    if not code:
        return None
    place = subdistrict(code)
    if place is None:
        raise InvalidField("choice_unknown", field="subdistrict_code")
    return place
