"""Canvas's messages are recognised, so that a result can say what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.recognise import recognise

VALUE = "X-1"


def examples() -> Iterator[str]:
    """Every message of Canvas with invented values, but those that are nothing but a value."""
    for code, rule in RULES.items():
        only_a_value = rule.placeholders and rule.message == f"{{{rule.placeholders[0]}}}"
        if not code.startswith(("advice.", "note.")) and not only_a_value:
            yield rule.text(**dict.fromkeys(rule.placeholders, VALUE))


@pytest.mark.parametrize("message", sorted(set(examples())))
def test_every_message_of_canvas_is_recognised_by_its_own_text(message: str) -> None:
    found = recognise(message)

    assert found is not None
    assert found.text(**dict.fromkeys(found.placeholders, VALUE)) == message
    assert found.hint


def test_values_may_hold_anything() -> None:
    found = recognise("No login_id given for user P-1 (it's \n odd.*)")

    assert found is not None
    assert found.code == "user.missing_login"


def test_words_of_nobody_are_not_recognised() -> None:
    assert recognise("") is None
    assert recognise("The moon is full") is None
