"""Secrets of personal data: what is encrypted comes back, what is hashed is found, what is copied is read."""

from __future__ import annotations

import re

import pytest
from cryptography.fernet import InvalidToken

from domain.vault import TRACKING_LENGTH, Vault, fold_code, new_token, token_hash

VAULT = Vault(b"k" * 32)
OTHER = Vault(b"o" * 32)


def test_encrypted_text_comes_back_and_shows_nothing() -> None:
    token = VAULT.encrypt("1100700000001")

    assert VAULT.decrypt(token) == "1100700000001"
    assert "1100700000001" not in token
    assert token.isascii()


def test_the_same_text_encrypts_differently_each_time() -> None:
    assert VAULT.encrypt("1100700000001") != VAULT.encrypt("1100700000001")


def test_another_key_opens_nothing() -> None:
    with pytest.raises(InvalidToken):
        OTHER.decrypt(VAULT.encrypt("1100700000001"))


def test_an_encrypted_value_is_found_again_by_its_hash() -> None:
    assert VAULT.lookup_hash("1100700000001") == VAULT.lookup_hash("1100700000001")
    assert VAULT.lookup_hash("1100700000001") != VAULT.lookup_hash("1100700000019")
    assert VAULT.lookup_hash("1100700000001") != OTHER.lookup_hash("1100700000001")


def test_a_tracking_password_can_be_printed_again() -> None:
    first, again = (VAULT.tracking_password("2026-14", 1) for _time in range(2))

    assert first == again
    assert re.fullmatch(rf"[0-9A-HJKMNP-TV-Z]{{{TRACKING_LENGTH}}}", first)


def test_passwords_differ_by_complaint_generation_and_key() -> None:
    passwords = {
        VAULT.tracking_password("2026-14", 1),
        VAULT.tracking_password("2026-14", 2),
        VAULT.tracking_password("2026-15", 1),
        OTHER.tracking_password("2026-14", 1),
    }

    assert len(passwords) == 4


def test_no_two_of_many_passwords_are_alike() -> None:
    assert len({VAULT.tracking_password(f"2026-{number}", 1) for number in range(5000)}) == 5000


def test_a_password_fits_only_its_own_hash() -> None:
    stored = VAULT.tracking_hash("7K3M9PQRST")

    assert VAULT.matches_tracking("7K3M9PQRST", stored)
    assert not VAULT.matches_tracking("7K3M9PQRSV", stored)
    assert not OTHER.matches_tracking("7K3M9PQRST", stored)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_complaint_without_a_password_is_opened_by_none(nothing: str | None) -> None:
    assert not VAULT.matches_tracking("7K3M9PQRST", nothing)
    assert not VAULT.matches_tracking("", nothing)


@pytest.mark.parametrize(
    "copied",
    [
        "7k01m9pqrs",
        " 7K01M9PQRS ",
        "7KOIM9PQRS",
        "7kolm9pqrs",
        "7K01-M9PQ-RS",
        "7K01 M9PQ RS",
        "7K01\u2013M9PQRS",
        "７Ｋ０１Ｍ９ＰＱＲＳ",
        "๗K๐๑M๙PQRS",
        "7K01M9PQRS\u200b",
        "7K01M9\u00a0PQRS\n",
    ],
)
def test_a_password_copied_by_hand_is_read_as_it_was_meant(copied: str) -> None:
    assert fold_code(copied) == "7K01M9PQRS"
    assert VAULT.matches_tracking(copied, VAULT.tracking_hash("7K01M9PQRS"))


@pytest.mark.parametrize("text", ["", "\ud800", "\x00", "ก" * 100, "\u202e", "🙂"])
def test_any_text_can_be_tried(text: str) -> None:
    assert not VAULT.matches_tracking(text, VAULT.tracking_hash("7K01M9PQRS"))
    assert VAULT.lookup_hash(text) != VAULT.lookup_hash("1100700000001")


def test_every_purpose_has_a_key_of_its_own() -> None:
    assert VAULT.button_key != OTHER.button_key
    assert len(VAULT.button_key) == 32
    assert VAULT.lookup_hash("x") != VAULT.tracking_hash("x")


def test_random_tokens_are_long_and_stored_as_hashes() -> None:
    tokens = {new_token() for _time in range(1000)}

    assert len(tokens) == 1000
    assert all(len(token) == 32 for token in tokens)
    assert all(token not in token_hash(token) for token in tokens)
