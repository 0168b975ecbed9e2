"""Passwords: what a guesser would try is refused, in whatever keyboard it was typed; the rest is welcome."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from domain.errors import InvalidField, MissingField
from domain.passwords import (
    MAX_LENGTH,
    check_new_password,
    hash_password,
    needs_rehash,
    verify_password,
)

OFTEN_USED = [
    "password",
    "password1",
    "Password123!",
    "P@ssw0rd",
    "passw0rd12",
    "12345678",
    "1234567890",
    "87654321",
    "11111111",
    "aaaaaaaa",
    "12121212",
    "123123123",
    "abcabcabc",
    "qwertyui",
    "qwerty123",
    "Qwerty@123",
    "asdfghjkl",
    "zxcvbnm1",
    "1qaz2wsx",
    "zaq12wsx",
    "1q2w3e4r",
    "qwer1234",
    "abcd1234",
    "a1b2c3d4",
    "abcdefgh",
    "iloveyou",
    "iloveyou2",
    "letmein1",
    "admin123",
    "Admin@2569",
    "administrator",
    "welcome1",
    "sunshine",
    "football",
    "superman",
    "trustno1",
    "michael1",
    "monkey123",
    "changeme",
    "test1234",
    "testtest",
    "11223344",
    "147258369",
    "samsung1",
    "khonkaen2569",
    "thailand1",
    "somchai1234",
]
OFTEN_USED_IN_THAI = [
    "รหัสผ่าน",
    "รหัสผ่าน1234",
    "สวัสดีครับ",
    "เทศบาล2569",
    "ขอนแก่น1234",
    "ฉันรักเธอ",
    "๑๒๓๔๕๖๗๘",
    "ฟหกดเ้่าสวง",
    "ๆไำพะัีรนย",
    "ผปแอิืทมใฝ",
    "สมชาย2530",
    "แม่แม่แม่",
    "ประเทศไทย",
]
DATES_AND_PHONES = ["25101990", "01012500", "19901025", "25330415", "0812345678", "66812345678", "043221555"]
WELCOME = [
    "correct-horse-battery-staple",
    "ฝนตกบ่ายสองโมงทุกวัน",
    "แมวส้มชอบนอนกลางถนน",
    "ต้นลำดวน-ริมบึง39",
    "Zq9!vLw2",
    "tuk-tuk.na.talat7",
    "blue7kettle&fern",
    "uphee-demo-2569",
]


@pytest.mark.parametrize("password", [*OFTEN_USED, *OFTEN_USED_IN_THAI, *DATES_AND_PHONES])
def test_a_password_a_guesser_tries_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidField) as refused:
        check_new_password(password)

    assert refused.value.code == "password_too_common"


def test_a_thai_word_typed_on_the_english_keyboard_is_still_that_word() -> None:
    with pytest.raises(InvalidField):
        check_new_password("isylzjko")  # รหัสผ่าน


def test_an_english_word_typed_on_the_thai_keyboard_is_still_that_word() -> None:
    with pytest.raises(InvalidField):
        check_new_password("ยฟหหไนพก")  # password


@pytest.mark.parametrize("password", WELCOME)
def test_no_capital_digit_or_sign_is_asked_for(password: str) -> None:
    assert check_new_password(password) == password


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("สั้นไป", "password_too_short"),
        ("Zq9!vLw", "password_too_short"),
        ("x" * (MAX_LENGTH + 1), "password_too_long"),
    ],
)
def test_a_password_has_8_to_128_characters(password: str, code: str) -> None:
    with pytest.raises(InvalidField) as refused:
        check_new_password(password, field="new")

    assert (refused.value.code, refused.value.field) == (code, "new")


def test_an_empty_password_is_missing_not_short() -> None:
    with pytest.raises(MissingField):
        check_new_password("")


@pytest.mark.parametrize(
    "password",
    ["wanphenkr2569", "wanphen.kr-99", "มัญจาคีรีศรีเมือง", "มัญจาคีรีศรีเมือง2569", "manchakhiri2569", "พิมพ์ชนก1234"],
)
def test_a_password_made_of_the_own_name_or_the_towns_is_refused(password: str) -> None:
    own = ["wanphen.kr", "พิมพ์ชนก", "มัญจาคีรีศรีเมือง", "Manchakhiri City"]

    with pytest.raises(InvalidField) as refused:
        check_new_password(password, own_words=own)

    assert refused.value.code == "password_own_name"


def test_a_name_inside_a_long_passphrase_does_no_harm() -> None:
    assert check_new_password("wanphen-gave-the-heron-a-mango", own_words=["wanphen"])


def test_the_order_in_which_thai_marks_were_typed_does_not_matter() -> None:
    tone_after_vowel, tone_before_vowel = "น\u0e38\u0e48น-ปลาตะเพียน", "น\u0e48\u0e38น-ปลาตะเพียน"

    assert verify_password(hash_password(tone_after_vowel), tone_before_vowel)


def test_a_wrong_password_does_not_fit() -> None:
    assert not verify_password(hash_password("blue7kettle&fern"), "blue7kettle&Fern")


def test_a_stored_hash_is_argon2id_and_is_never_the_same_twice() -> None:
    first, second = hash_password("blue7kettle&fern"), hash_password("blue7kettle&fern")

    assert first.startswith("$argon2id$v=19$m=32768,t=2,p=1$")
    assert first != second


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=32768,t=2,p=1$AAAA$AAAA"])
@pytest.mark.parametrize("typed", ["", "x" * 500, "\ud800\x00", "blue7kettle&fern"])
def test_nothing_fits_an_account_without_a_sound_hash(stored: str | None, typed: str) -> None:
    assert not verify_password(stored, typed)


@pytest.mark.parametrize("stored", [None, "not a hash", hash_password("blue7kettle&fern")])
def test_every_check_costs_exactly_one_computation(
    stored: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    verify = PasswordHasher.verify

    def counting(self: PasswordHasher, hash: str, password: bytes) -> bool:  # noqa: A002 - its own name
        try:
            answer = verify(self, hash, password)
        except Exception as error:
            if type(error).__name__ != "InvalidHashError":
                computed.append(hash)
            raise
        computed.append(hash)
        return answer

    monkeypatch.setattr(PasswordHasher, "verify", counting)

    verify_password(stored, "something else")

    assert len(computed) == 1


def test_a_hash_of_older_parameters_wants_to_be_made_again() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("blue7kettle&fern")

    assert needs_rehash(old)
    assert not needs_rehash(hash_password("blue7kettle&fern"))
