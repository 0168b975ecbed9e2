"""Members from a file: known by their phone, written by the rule of the counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, Final, cast

from sqlalchemy import insert, inspect, select

from domain.addresses import read_subdistrict, subdistrict
from domain.clock import now
from domain.errors import DomainError, FieldChecks, InvalidField, NotPermitted, add_message
from domain.member_writing import AskedDatabase, MemberEntry, fill_member, told, write_member
from domain.members import refresh_complaints, require_own_row, scope_members
from domain.permissions import Permission
from domain.settings import read_setting
from domain.sheets.books import Book, Judged, missing, portions
from domain.sheets.columns import Column, Shape
from domain.vault import Vault
from models import Member, Scope, SheetKind

_ENTRY: Final = tuple(one.name for one in fields(MemberEntry))
_DERIVED: Final = frozenset({"name_key", "search_text", "address_text"})
_HIDDEN: Final = "•"
MOST_PLACES: Final = 1_000  # Different names in one file: about two seconds of looking.

add_message(
    "sheet_places_many",
    thai="ไฟล์มีชื่อตำบลต่างกันเกิน {most:,} ชื่อ กรุณาใช้รหัสตำบล 6 หลัก หรือแบ่งเป็นหลายไฟล์",
    english="The file has over {most:,} different places: use their six-digit codes, or divide the file",
)
add_message(
    "sheet_member_merged",
    thai="เบอร์นี้เป็นของสมาชิกที่รวมกับรายอื่นไปแล้ว กรุณาใช้เบอร์ของสมาชิกที่เก็บไว้",
    english="This number belongs to a member who was merged; use the number of the one who was kept",
)


@dataclass(slots=True)
class ReadTaken:
    """Whose phones and national IDs are, as far as the file names them."""

    phones: dict[str, Member] = field(default_factory=dict)
    national_ids: dict[str, int] = field(default_factory=dict)

    def phone(self, phone: str, member: Member) -> bool:
        """Tell whether the number belongs to somebody else."""
        return self.phones.get(phone, member) is not member

    def national_id(self, lookup_hash: str, member: Member) -> bool:
        """Tell whether the national ID of this hash belongs to somebody else."""
        owner = self.national_ids.get(lookup_hash)
        return owner is not None and owner != member.id


class RememberingVault(Vault):
    """The vault for one file: it remembers hashes, and for a preview encrypts nothing that is thrown away."""

    def __init__(self, vault: Vault, *, writes: bool) -> None:
        self._inner, self._writes = vault, writes
        self._hashes: dict[str, str] = {}

    def encrypt(self, text: str) -> str:
        """Return the text encrypted; for a preview a mark, as the row is never stored."""
        return self._inner.encrypt(text) if self._writes else _HIDDEN

    def lookup_hash(self, text: str) -> str:
        """Return the hash of the real vault."""
        found = self._hashes.get(text)
        if found is None:
            found = self._hashes[text] = self._inner.lookup_hash(text)
        return found


class NewMember:
    """A member to be added with thousands of others: plain attributes, quicker than a mapped row's."""

    id: int | None = None

    def __init__(self, created_at: datetime) -> None:
        self.__dict__.update(_blank(), created_at=created_at, version=1, is_active=True, is_shared=False)

    def columns(self) -> dict[str, Any]:
        """Return what is inserted."""
        return {name: self.__dict__[name] for name in _blank()}


@cache
def _blank() -> Mapping[str, Any]:
    return {prop.key: None for prop in inspect(Member).column_attrs if prop.key != "id"}


class MemberBook(Book):
    """สมาชิก/ประชาชน."""

    kind, table, key, unique = SheetKind.MEMBERS, Member, "phone", ("national_id",)
    rights = (Permission.MEMBER_CREATE, Permission.MEMBER_UPDATE)
    silent = _DERIVED | {
        *("created_at", "version", "merged_into_id", "is_shared"),
        *("national_id_encrypted", "national_id_last4"),
    }
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            key="phone",
            title="โทรศัพท์",
            shape=Shape.PHONE,
            required=True,
            example="0812345678",
            help="ใช้ค้นหาสมาชิก เบอร์ที่มีในระบบแล้วคือแก้ไขรายเดิม",
            aliases=("เบอร์โทรศัพท์", "เบอร์โทร", "มือถือ", "โทร"),
            personal=True,
        ),
        Column(key="title", title="คำนำหน้า", help="เช่น นาย นาง นางสาว", example="นาง"),
        Column(key="first_name", title="ชื่อ", required=True, help="ชื่อตัว", example="สมศรี"),
        Column(key="last_name", title="นามสกุล", help="นามสกุล", example="ตัวอย่างดี", aliases=("สกุล",)),
        Column(
            key="birth_date",
            title="วันเกิด",
            shape=Shape.DATE,
            help="ตามบัตรประชาชน",
            example="03/03/2500",
            aliases=("วันเดือนปีเกิด",),
            personal=True,
        ),
        Column(
            key="national_id",
            title="เลขประจำตัวประชาชน",
            shape=Shape.NATIONAL_ID,
            help="ตามบัตรประชาชน เก็บแบบเข้ารหัส",
            example="1-1007-00000-00-1",
            aliases=("เลขบัตรประชาชน", "เลขประจำตัว"),
            personal=True,
        ),
        Column(
            key="email",
            title="อีเมล",
            help="ที่อยู่อีเมล",
            example="somsri@example.com",
            aliases=("email", "e-mail"),
            personal=True,
        ),
        Column(key="line_id_text", title="Line ID", help="ไอดีไลน์", aliases=("ไลน์", "line"), personal=True),
        Column(
            key="occupation",
            title="อาชีพ/ตำแหน่ง",
            help="อาชีพหรือตำแหน่ง",
            example="ค้าขาย",
            aliases=("อาชีพ", "ตำแหน่ง"),
        ),
        Column(
            key="agency",
            title="หน่วยงาน/ที่ทำงาน",
            help="หน่วยงานหรือที่ทำงาน",
            aliases=("หน่วยงาน", "ที่ทำงาน"),
        ),
        Column(key="house_no", title="บ้านเลขที่", help="เช่น 123/4", example="123/4", personal=True),
        Column(key="village_no", title="หมู่ที่", help="เฉพาะตัวเลขหมู่", example="5", aliases=("หมู่",)),
        Column(key="soi", title="ซอย", help="ชื่อซอย"),
        Column(key="road", title="ถนน", help="ชื่อถนน", example="ศรีจันทร์"),
        Column(
            key="subdistrict_code",
            title="ตำบล",
            help="ชื่อตำบล หรือตำบลกับอำเภอ เช่น ในเมือง เมืองขอนแก่น หรือรหัส 6 หลัก",
            example="ในเมือง เมืองขอนแก่น",
            aliases=("ตำบล/แขวง", "แขวง"),
        ),
        Column(key="postal_code", title="รหัสไปรษณีย์", help="ตัวเลข 5 หลัก เว้นว่างได้", example="40000"),
        Column(key="is_active", title="ใช้งาน", shape=Shape.FLAG, help="ใส่ ไม่ใช่ เพื่อปิดใช้งาน", example="ใช่"),
    )

    @classmethod
    def folded(cls, column: str, value: Any) -> str:
        """Return the number itself: the cells are read into one spelling."""
        return str(value)

    def open(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Read the members of these phones, and whose the national IDs are."""
        self._file_vault = RememberingVault(self.vault, writes=self.writes)
        self._taken = ReadTaken()
        numbers = {self.folded("phone", values["phone"]) for values in rows}
        for some in portions(sorted(numbers)):
            wanted = select(Member).where(Member.phone.in_(some))
            found = self.session.scalars(wanted.with_for_update() if self.writes else wanted)
            self._taken.phones.update((member.phone, member) for member in found)
        hashes = {
            self._file_vault.lookup_hash(values["national_id"])
            for values in rows
            if values.get("national_id")
        }
        for some in portions(sorted(hashes)):
            owners = select(Member.national_id_hmac, Member.id).where(Member.national_id_hmac.in_(some))
            self._taken.national_ids.update((str(row[0]), row[1]) for row in self.session.execute(owners))
        self._reached = self._within_reach()
        self._places: dict[str, str | InvalidField] = {}
        self._near = read_setting(self.session, "subdistrict_code")
        self._at = now()

    def judge(self, values: Mapping[str, Any]) -> Judged:
        """Fill in one member by the rule of the counter."""
        phone = self.folded("phone", values["phone"]) if values.get("phone") else ""
        member = self._taken.phones.get(phone)
        before = None
        if member is not None:
            self._require_changeable(member)
            before = self.snapshot(member)
        check = FieldChecks()
        entry: dict[str, Any] = {name: _stored(member, name) for name in _ENTRY} if member else {}
        entry |= self._entered(values, check)
        if member is None:
            lacking = missing(self.columns, values)
            for error in lacking:
                check.add(error)
            if lacking:
                check.done()
            member = cast(Member, NewMember(created_at=self._at))
        with check:
            write = write_member if self.writes else fill_member
            write(self._taken, self._file_vault, member, MemberEntry(**entry))
        check.done()
        judged = self.finish(member, before)
        judged.told = told(judged.told)
        return judged

    def add(self, judged: Sequence[Judged]) -> None:
        """Add new members in few statements; their phones tell which got which id."""
        if not judged:
            return
        table: Any = Member.__table__
        for part in portions(judged, 1000):
            self.session.execute(insert(table), [one.row.columns() for one in part])
        by_phone = {one.row.phone: one.row for one in judged}
        for some in portions(by_phone):
            wanted = select(Member.phone, Member.id).where(Member.phone.in_(some))
            for phone, member_id in self.session.execute(wanted):
                by_phone[phone].id = member_id

    def settle(self, judged: Sequence[Judged]) -> None:
        """Let complaints be found by a changed name."""
        for one in judged:
            if not one.is_new and one.changes.keys() & {"title", "first_name", "last_name"}:
                refresh_complaints(self.session, one.row)

    def mark(self, row: Any) -> str:
        """Return the row's version, which moves with every change there is."""
        return f"{row.version}"

    def put_back(self, row: Any, before: Mapping[str, Any], changes: Mapping[str, list[Any]]) -> None:
        """Put the columns back, unless the old national ID is another member's by now."""
        self._require_changeable(row)
        key = before["national_id_hmac"]
        if (
            key is not None
            and key != row.national_id_hmac
            and AskedDatabase(self.session).national_id(key, row)
        ):
            raise InvalidField("national_id_taken", field="national_id")
        super().put_back(row, {name: value for name, value in before.items() if name != "version"}, changes)

    def _entered(self, values: Mapping[str, Any], check: FieldChecks) -> dict[str, Any]:
        entry = dict(values)
        if "birth_date" in entry:
            entry["birth_date"] = date.fromisoformat(entry["birth_date"]) if entry["birth_date"] else None
        typed = entry.pop("subdistrict_code", None)
        if typed:
            postal_code = entry.pop("postal_code", None)  # The old one belongs to the old place.
            with check:
                entry["subdistrict_code"] = self._place(typed)
                entry["postal_code"] = postal_code
        elif typed is not None:
            entry["subdistrict_code"] = None
        return entry

    def _place(self, text: str) -> str:
        """Return the code of a place; each name is looked for once, as that reads all places there are."""
        found = self._places.get(text)
        if found is None:
            is_quick = subdistrict(text) is not None
            if len(self._places) >= MOST_PLACES and not is_quick:
                raise InvalidField("sheet_places_many", field="subdistrict_code", most=MOST_PLACES)
            try:
                found = read_subdistrict(text, field="subdistrict_code", near=self._near)
            except InvalidField as error:
                found = error
            if not is_quick:
                self._places[text] = found
        if isinstance(found, InvalidField):
            raise found.with_traceback(None)
        return found

    def _require_changeable(self, member: Member) -> None:
        require_own_row(member)
        if member.merged_into_id is not None:
            raise DomainError("sheet_member_merged", field="phone")
        if self._reached is not None and member.id not in self._reached:
            raise NotPermitted(field="phone")

    def _within_reach(self) -> set[int] | None:
        """Return the ids the actor may change; None: all."""
        if self.actor.scope_of(Permission.MEMBER_UPDATE) is Scope.ALL:
            return None
        known = [member.id for member in self._taken.phones.values()]
        reached: set[int] = set()
        for some in portions(known):
            wanted = select(Member.id).where(Member.id.in_(some))
            reached.update(self.session.scalars(scope_members(wanted, self.actor, Permission.MEMBER_UPDATE)))
        return reached


def _stored(member: Member, name: str) -> Any:
    return None if name == "national_id" else getattr(member, name)
