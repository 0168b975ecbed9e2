"""Words as commands: everything a tile does can be said, however it is spelt, and nothing else is one."""

from __future__ import annotations

import pytest

from domain.rich_menus import PRESETS, STAFF_MENUS, TILES
from line_hooks import citizen_answers, staff_answers
from line_hooks.commands import _LINKING, _PLAIN, COMMANDS, LONGEST_COMMAND, command_of
from models import LineChannel, RichMenuKind

CITIZEN, STAFF = LineChannel.CITIZEN, LineChannel.STAFF
CITIZENS_TILES = sorted({code for codes in PRESETS.values() for code in codes})
STAFFS_TILES = sorted({code for codes in STAFF_MENUS.values() for code in codes})


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("เมนู", "menu"),
        ("  เมนู  ", "menu"),
        ("MENU", "menu"),
        ("Menu.", "menu"),
        ("แจ้งเรื่อง", "report"),
        ("แจ้งปัญหา", "report"),
        ("แจ้ง เรื่อง ค่ะ", "report"),
        ("Report a Problem", "report"),
        ("ติดตาม", "follow"),
        ("ติดตามเรื่องครับ", "follow"),
        ("my cases", "follow"),
        ("ฉุกเฉิน", "emergency"),
        ("ฉุกเฉิน!!!", "emergency"),
        ("๑๖๖๙", "emergency"),
        ("S.O.S", "emergency"),
        ("ข่าว", "news"),
        ("บริการ", "services"),
        ("e-Service", "services"),
        ("ติดต่อ/สอบถาม", "contact"),
        ("English", "english"),
        ("ภาษาไทย", "thai"),
    ],
)
def test_citizens_are_understood_however_they_write(said, code):
    assert command_of(CITIZEN, said) == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("งานของฉัน", "my_work"),
        ("งาน ของ ฉัน", "my_work"),
        ("My Work", "my_work"),
        ("เรื่องใหม่", "new_cases"),
        ("เกินกำหนด", "overdue"),
        ("เกินกําหนด", "overdue"),
        ("รายงานผล", "record_result"),
        ("สถิติ", "statistics"),
        ("บัญชีของฉัน", "my_account"),
        ("ภาพรวม", "overview"),
        ("งานตามเขต", "by_zone"),
        ("ความพึงพอใจ", "ratings"),
        ("ผูกบัญชี", "link"),
        ("เลิกผูก", "unlink"),
        ("ยืนยันเลิกผูก", "unlink_confirmed"),
        ("วิธีใช้", "guide"),
        ("ผู้ดูแล", "administrator"),
    ],
)
def test_officers_are_understood_however_they_write(said, code):
    assert command_of(STAFF, said) == code


@pytest.mark.parametrize(
    "said",
    ["", " ", "ครับ", "ไฟดับหน้าบ้านตั้งแต่เมื่อวาน", "เมนูอาหารกลางวันโรงเรียน", "👍", "menu" * 20, "ยืนยัน"],
)
def test_what_people_simply_write_is_no_command(said):
    assert command_of(CITIZEN, said) is None
    assert command_of(STAFF, said) is None


def test_a_long_text_is_never_a_command():
    assert command_of(CITIZEN, "เมนู" + " " * LONGEST_COMMAND) is None


@pytest.mark.parametrize("code", CITIZENS_TILES)
@pytest.mark.parametrize("language", [0, 1])
def test_every_tile_of_the_citizens_can_be_said_by_its_name(code, language):
    assert command_of(CITIZEN, TILES[code].label[language]) == code


@pytest.mark.parametrize("code", STAFFS_TILES)
@pytest.mark.parametrize("language", [0, 1])
def test_every_tile_of_the_staff_can_be_said_by_its_name(code, language):
    assert command_of(STAFF, TILES[code].label[language]) == code


def test_every_tile_has_an_answer():
    assert set(CITIZENS_TILES) <= set(citizen_answers.ANSWERS)
    assert set(STAFFS_TILES) <= {*staff_answers.ANSWERS, *_PLAIN, *_LINKING}


def test_every_command_has_an_answer():
    known = {*citizen_answers.ANSWERS, *staff_answers.ANSWERS, *_PLAIN, *_LINKING}

    assert {code for words in COMMANDS.values() for code in words.values()} <= known


def test_linking_is_nothing_a_citizen_can_ask_for():
    assert command_of(CITIZEN, "ผูกบัญชี") is None
    assert RichMenuKind.GUEST in STAFF_MENUS
