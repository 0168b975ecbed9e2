"""Passwords: what is too easy to guess, and Argon2id; nothing here knows accounts or the database.

There are no rules of composition (ASVS 6.2.5). Instead of a long list, a password is read as a guesser
builds one: out of common words, walks over the keyboard, repeated letters, years, dates and phone numbers.
If a few such pieces make up the whole, it is refused. It is read on both keyboards, so that รหัสผ่าน typed
with the keyboard on English, or password with it on Thai, does not pass either.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from domain.errors import InvalidField, MissingField, add_message

MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 128
GUESSABLE_PIECES: Final = 3

# Argon2id above OWASP's least (19 MiB, t=2, p=1); about 50 ms a hash on the build machine.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)
# Two at a time: a rush of guesses must not take all memory and both cores.
_TURN: Final = threading.BoundedSemaphore(2)
# The hash of nothing anybody can type: an unknown user name costs as much time as a wrong password.
_NOBODY: Final = (
    "$argon2id$v=19$m=32768,t=2,p=1$H/4W0x9bA4rvQz3m0kq5Tw$8o2oXr8bLl4bV3aQ0m6m8cS0S3QmWc3e3y0m1oZxk0c"
)

_WORD_LIST: Final = """
    password passwort pass passwd pwd secret welcome letmein login logon signin user username guest admin
    administrator root system master manager staff officer office service server super superman batman test
    tester testing demo temp default changeme change hello hi iloveyou love lovely lover baby babygirl angel
    princess sunshine monkey dragon tiger lion football baseball soccer hockey basketball michael jordan
    jennifer daniel ashley jessica charlie thomas andrew george robert matthew shadow killer freedom whatever
    trustno starwars pokemon naruto computer internet google facebook line windows apple samsung flower
    cookie cheese summer winter spring autumn monday friday january money lucky happy family mother father
    sister brother friend forever jesus god blessed chocolate banana orange mustang ferrari mercedes toyota
    honda liverpool chelsea arsenal manchester united barcelona realmadrid thailand thai bangkok siam
    chiangmai phuket isan isaan khon kaen khonkaen korat udon pattaya municipality city town mayor complaint
    government ministry tambon amphoe sawasdee sawatdee sabai somchai somsak somying somsri malee chai nong
    rak kha krub krab khrap the and my is me you qwerty azerty asdf zxcv qaz wsx
    รหัส รหัสผ่าน รหัสลับ ผ่าน ลับ ผู้ใช้ ผู้ดูแล ผู้ดูแลระบบ ระบบ แอดมิน เจ้าหน้าที่ เทศบาล เทศบาลนคร
    เทศบาลเมือง เทศบาลตำบล นคร เมือง ตำบล อำเภอ จังหวัด อบต สำนักงาน ประเทศไทย ไทย คนไทย กรุงเทพ กทม
    เชียงใหม่ ขอนแก่น โคราช อุดร อุดรธานี ภูเก็ต พัทยา สวัสดี สวัสดีครับ สวัสดีค่ะ ครับ ค่ะ จ้า รัก รักเธอ
    รักแม่ รักพ่อ รักนะ ฉันรักเธอ ที่รัก แม่ พ่อ ลูก น้อง พี่ อยู่พี่ ยูพี่ สมชาย สมหญิง สมศรี สมศักดิ์ มานี
    มานะ ปิติ ชูใจ วีระ ใจดี แมว หมา ช้าง ดอกไม้ ความรัก ความสุข โชคดี รวย รวยๆ เงิน ทดสอบ ร้องเรียน ร้องทุกข์
"""
_WORDS: Final = frozenset(_WORD_LIST.split())

_QWERTY: Final = "1234567890-=qwertyuiop[]asdfghjkl;'zxcvbnm,./"
_THAI: Final = "ๅ/-ภถุึคตจขชๆไำพะัีรนยบลฟหกดเ้่าสวงผปแอิืทมใฝ"
_QWERTY_SHIFT: Final = '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?'
_THAI_SHIFT: Final = '+๑๒๓๔ู฿๕๖๗๘๙๐"ฎฑธํ๊ณฯญฐ,ฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ'
_TO_THAI: Final = str.maketrans(_QWERTY + _QWERTY_SHIFT, _THAI + _THAI_SHIFT)
_TO_QWERTY: Final = str.maketrans(_THAI + _THAI_SHIFT, _QWERTY + _QWERTY_SHIFT)
_LOOKALIKE: Final = str.maketrans("@4031!5$7", "aaoeiisst")

_ROWS: Final = (
    "1234567890-=",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiop",
    "abcdefghijklmnopqrstuvwxyz",
    "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ",
    "๐๑๒๓๔๕๖๗๘๙",
    "01234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmik,ol.p;/",
    "1q2w3e4r5t6y7u8i9o0p",
    "1a2b3c4d5e6f7g8h9i",
    "a1b2c3d4e5f6g7h8i9",
    "147258369",
    "741852963",
)
_WALKS: Final = tuple(row for ahead in _ROWS for row in (ahead, ahead[::-1]))
_DATE: Final = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])(?:0?[1-9]|1[0-2])(?:19|20|24|25)?\d\d"
    r"|(?:19|20|24|25)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_PHONE: Final = re.compile(r"(?:0|66)[2-9]\d{7,8}")
_LONGEST_PIECE: Final = 40

add_message(
    "password_own_name",
    thai="รหัสผ่านมีแต่ชื่อผู้ใช้หรือชื่อหน่วยงาน คนอื่นเดาได้ง่าย กรุณาตั้งใหม่",
    english="This password is made of the user name or the municipality's name. Please choose another.",
)


def normalise_password(text: str) -> str:
    """Return the password in one spelling: the order in which Thai marks were typed does not matter."""
    return unicodedata.normalize("NFC", text)


def check_new_password(text: str, *, own_words: Iterable[str] = (), field: str = "password") -> str:
    """Return the password as it will be hashed, or say why it cannot be taken.

    Args:
        text: What the person typed.
        own_words: User name, name of the person, name of the municipality.
        field: Name of the form field, for the error.

    Raises:
        MissingField: Nothing was typed.
        InvalidField: ``password_too_short``, ``password_too_long``, ``password_own_name`` or
            ``password_too_common``.
    """
    if not text:
        raise MissingField(field=field)
    if len(text) > MAX_LENGTH:
        raise InvalidField("password_too_long", field=field, max=MAX_LENGTH)
    password = normalise_password(text)
    if len(password) < MIN_LENGTH:
        raise InvalidField("password_too_short", field=field, min=MIN_LENGTH)
    if _is_guessable(password, frozenset()):
        raise InvalidField("password_too_common", field=field)
    if _is_guessable(password, _fold_words(own_words)):
        raise InvalidField("password_own_name", field=field)
    return password


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password that was checked."""
    with _TURN:
        return _HASHER.hash(normalise_password(password))


def verify_password(stored: str | None, typed: str) -> bool:
    """Tell whether the typed password is the stored one.

    Costs one Argon2id computation whatever is stored: with None, a damaged hash or a text that is too long
    it works on a hash nobody knows the password of.
    """
    fits = stored is not None and len(typed) <= MAX_LENGTH
    password = normalise_password(typed[:MAX_LENGTH]).encode("utf-8", "backslashreplace")
    with _TURN:
        try:
            return _HASHER.verify(stored if fits and stored else _NOBODY, password) and fits
        except InvalidHashError:
            return _verify_nobody(password)
        except Argon2Error:
            return False


def needs_rehash(stored: str) -> bool:
    """Tell whether a stored hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _verify_nobody(password: bytes) -> bool:
    with suppress(Argon2Error):
        _HASHER.verify(_NOBODY, password)
    return False


def _fold_words(words: Iterable[str]) -> frozenset[str]:
    """Return the words as they are compared, whole and in parts."""
    found = set()
    for word in words:
        folded = _fold(word)
        parts = re.split(r"[\s._\-]+", folded)
        found |= {folded, "".join(parts), *parts}
    return frozenset(word for word in found if len(word) >= 3)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


def _is_guessable(password: str, own_words: frozenset[str]) -> bool:
    words = _WORDS | own_words
    readings = {password, password.translate(_TO_THAI), password.translate(_TO_QWERTY)}
    return any(_pieces(_fold(reading), words) <= GUESSABLE_PIECES for reading in readings)


def _pieces(text: str, words: frozenset[str]) -> int:
    """Return how few guessable pieces make up the text; more than it has letters when none do."""
    unit = _repeated_unit(text)
    if unit != text:
        return 1 if len(unit) <= 4 else _pieces(unit, words)
    impossible = len(text) + GUESSABLE_PIECES + 1
    fewest = [0] + [impossible] * len(text)
    for end in range(1, len(text) + 1):
        if not text[end - 1].isalnum() and not unicodedata.category(text[end - 1]).startswith("M"):
            fewest[end] = fewest[end - 1]  # A dash, a dot or a space hides nothing.
        for start in range(max(0, end - _LONGEST_PIECE), end):
            if fewest[start] + 1 < fewest[end] and _is_piece(text[start:end], words):
                fewest[end] = fewest[start] + 1
    return fewest[-1]


def _repeated_unit(text: str) -> str:
    """Return the shortest part whose repetition is the text; the text itself when there is none."""
    at = (text + text).find(text, 1)
    return text[:at]


def _is_piece(part: str, words: frozenset[str]) -> bool:
    if len(part) == 1 or part in words or part.translate(_LOOKALIKE) in words:
        return True
    if part.isdigit() and (len(part) <= 4 or _DATE.fullmatch(part) or _PHONE.fullmatch(part)):
        return True
    if len(part) < 3:
        return False
    return len(set(part)) == 1 or any(part in walk for walk in _WALKS)
