"""Why something did not go out, in words a person understands."""

from __future__ import annotations

import pytest

from domain.deliveries import REASON_WORDS, DeliveryReason, reason_words


@pytest.mark.parametrize("reason", DeliveryReason)
def test_every_reason_has_words_in_both_languages(reason):
    thai, english = REASON_WORDS[reason]

    assert any("ก" <= letter <= "๛" for letter in thai)
    assert english.isascii()


def test_what_line_said_is_not_what_a_person_reads():
    stored = "refused: The request body has 1 error(s); messages[0].text: May not be empty"

    assert reason_words(stored) == "LINE ไม่รับข้อความนี้"
    assert reason_words(stored, "en") == "LINE refused this message"


@pytest.mark.parametrize(("stored", "shown"), [(None, ""), ("", ""), ("something old", "something old")])
def test_what_is_not_a_reason_is_shown_as_it_is(stored, shown):
    assert reason_words(stored) == shown
