"""Text for people: nothing disturbs the line, and a sentence ends once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canvas_sis_csv.text import printable, sentence


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("users.csv", "users.csv"),
        ("José 北京", "José 北京"),
        ("a\nb\x1b[2J", "a\\nb\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("caf\udce9.csv", "caf\\udce9.csv"),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_what_is_not_printable_is_shown_escaped_and_the_rest_as_it_is(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text() | st.binary().map(lambda data: data.decode(errors="surrogateescape")))
def test_whatever_it_was_it_is_one_printable_line(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize("end", [".", "?", "!", "…"])
def test_a_sentence_that_has_an_end_gets_no_other(end: str) -> None:
    assert sentence(f"is its share mounted{end}") == f"is its share mounted{end}"


def test_a_sentence_without_an_end_gets_a_full_stop() -> None:
    assert sentence("it is still being copied") == "it is still being copied."
