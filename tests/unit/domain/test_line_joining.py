"""Where LINE adds an account, and where everybody chooses which."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from domain.line_connections import connection_of
from domain.line_joining import add_friend_address, basic_ids, join_address
from models import LineChannel


@pytest.mark.parametrize("public_url", ["https://town.example", "https://town.example/"])
def test_the_posters_address_is_our_own(public_url: str) -> None:
    assert join_address(public_url) == "https://town.example/line/join"


@pytest.mark.parametrize(
    ("basic_id", "address"),
    [
        ("@khonkaen", "https://line.me/R/ti/p/%40khonkaen"),
        ("@123abcde", "https://line.me/R/ti/p/%40123abcde"),
        ("@a/../b?c=d#e", "https://line.me/R/ti/p/%40a%2F..%2Fb%3Fc%3Dd%23e"),
    ],
)
def test_an_account_is_added_at_line_whatever_its_id_looks_like(basic_id: str, address: str) -> None:
    assert add_friend_address(basic_id) == address


def test_only_accounts_whose_id_line_has_told_are_known(session: Session) -> None:
    connection_of(session, LineChannel.CITIZEN).basic_id = "@khonkaen"
    connection_of(session, LineChannel.STAFF)
    session.flush()

    assert basic_ids(session) == {LineChannel.CITIZEN: "@khonkaen"}
