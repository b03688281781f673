"""YAML's surprises: kept as they were written, or refused with a sentence that says what YAML read."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.config_files import CANVAS, feed, parsed, problems

# Each line: the keys of a feed, and the whole of what is said.
SURPRISES = [
    ("poll_s: 010", 'feeds.nightly.poll_s: YAML reads 010 as octal 8; write 10, or "010" in quotes'),
    ("poll_s: 0x10", 'feeds.nightly.poll_s: 0x10 is not a decimal number; write it in decimal, or "0x10" in quotes'),
    (
        "settle_s: 1:30",
        'feeds.nightly.settle_s: YAML reads 1:30 as a number in base 60; write "1:30" in quotes, or plain seconds',
    ),
    (
        "poll_s: 6:30:15.5",
        'feeds.nightly.poll_s: YAML reads 6:30:15.5 as a number in base 60; write "6:30:15.5" in quotes, '
        "or plain seconds",
    ),
    ("hold: {findings_over: .nan}", "feeds.nightly.hold.findings_over: .nan is not a number that can be used here"),
    ("poll_s: .inf", "feeds.nightly.poll_s: .inf is not a number that can be used here"),
    ("poll_s: 1.0e+300", "feeds.nightly.poll_s: 1.0e+300 is not a number that can be used here"),
    ("keep_days: 99999999999999999999", "feeds.nightly.keep_days: this number is too large"),
    (
        "inbox: 2026-01-01",
        'feeds.nightly.inbox: YAML reads 2026-01-01 as a date; write "2026-01-01" in quotes if text is meant',
    ),
    (
        "inbox: off",
        "feeds.nightly.inbox: expected a path, got off, which YAML reads as false; "
        'if text is meant, write "off" in quotes',
    ),
    (
        "done_suffix: on",
        'feeds.nightly.done_suffix: expected an ending such as ".done", got on, which YAML reads as true; '
        'if text is meant, write "on" in quotes',
    ),
    (
        "import: {diffing_data_set_identifier: 2026}",
        "feeds.nightly.import.diffing_data_set_identifier: expected text, got the number 2026; "
        'if text is meant, write "2026" in quotes',
    ),
    (
        "watch: !!python/name:os.system",
        "feeds.nightly.watch: the YAML tag !!python/name:os.system is not allowed; write a plain value",
    ),
    ("watch: !secret x", "feeds.nightly.watch: the YAML tag !secret is not allowed; write a plain value"),
    ("check: !!bool maybe", "feeds.nightly.check: expected true or false"),
    ("? [a, b]\n: c", "feeds.nightly: a key must be a plain word (line 8)"),
]


@pytest.mark.parametrize(("body", "sentence"), SURPRISES)
def test_a_surprise_is_refused_with_what_yaml_reads(body: str, sentence: str) -> None:
    assert problems(feed(body)) == [sentence]


def test_yes_and_no_are_accepted_where_true_or_false_is_wanted() -> None:
    nightly = parsed(feed("check: no\ncombine: yes")).feeds["nightly"]
    assert (nightly.check, nightly.combine) == (False, True)


@pytest.mark.parametrize("name", ["no", "2026", "1e3", "null"])
def test_a_feed_is_called_what_is_written_whatever_yaml_reads(name: str) -> None:
    assert list(parsed(feed(name=name)).feeds) == [name]


def test_a_key_written_twice_is_told_with_both_lines() -> None:
    text = "state: a\nfeeds:\n  n:\n    poll_s: 1\n    inbox: i\n    poll_s: 2\nstate: b\n" + CANVAS
    assert problems(text) == [
        "state: this key is written twice (lines 1 and 7); keep one",
        "feeds.n.poll_s: this key is written twice (lines 4 and 6); keep one",
    ]


def test_a_feed_written_twice_is_told_too() -> None:
    text = CANVAS + "feeds:\n  n: {inbox: a}\n  n: {inbox: b}\n"
    assert problems(text) == ["feeds.n: this key is written twice (lines 6 and 7); keep one"]


def test_anchors_and_merges_serve_to_share_settings() -> None:
    text = (
        CANVAS
        + """
feeds:
  north: &shared {inbox: n/in, archive: n/ok, failed: n/bad, held: n/held, poll_s: 9, hold: {messages_over: 3}}
  south: {<<: *shared, inbox: s/in, archive: s/ok, failed: s/bad, held: s/held}
"""
    )
    south = parsed(text).feeds["south"]
    assert (south.poll_s, south.hold.messages_over, south.inbox.parent.name) == (9, 3, "s")


def test_an_alias_bomb_is_refused_at_once() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert problems("\n".join(rows)) == ["too many or too deeply nested values (do aliases repeat each other?)"]


def test_an_alias_of_itself_is_refused() -> None:
    assert problems("a: &a [*a]") == ["too many or too deeply nested values (do aliases repeat each other?)"]


# Each line: a whole document, and the whole of what is said.
DOCUMENTS = [
    (b"", "the file is empty; `sisdrop init` writes a commented one to start from"),
    (b"# only a comment\n", "the file is empty; `sisdrop init` writes a commented one to start from"),
    (b"- a\n- b\n", "expected keys such as `canvas:` and `feeds:` at the top of the file, got a list"),
    (b"hello\n", "expected keys such as `canvas:` and `feeds:` at the top of the file, got a single value"),
    (
        b"state: a\n---\nstate: b\n",
        "line 2, column 1: a second document begins here (`---`); a configuration is one document",
    ),
    (b"feeds:\n\tnightly: {}\n", "line 2, column 1: there is a tab here; YAML wants spaces for indentation"),
    (b"state: st\xe4te\n", "line 1 is not UTF-8 text; save the file as UTF-8"),
    (b"state: a\nfeeds: \x00\n", "line 2: control character U+0000 is not allowed"),
    (
        b"canvas:\n  url: a: b\n",
        "line 2, column 9: a colon is not allowed here; is the line indented as its neighbours, "
        "and is text with a colon in quotes?",
    ),
    (
        b"files: *.csv\n",
        "line 1, column 9: an alias (*name) without its anchor (&name); text that begins with * needs quotes",
    ),
    (b"a: @b\n", "line 1, column 4: text cannot begin with this character unless it is in quotes"),
    (b"a: " + b"[" * 1000, "values are nested too deeply; is it the right file?"),
    (
        b"a: " + b"x" * 1_000_001,
        "the file has 1,000,004 bytes; a configuration has a few thousand. Is it the right file?",
    ),
]


@pytest.mark.parametrize(("raw", "sentence"), DOCUMENTS, ids=[sentence[:30] for _, sentence in DOCUMENTS])
def test_what_is_no_configuration_at_all_is_told_in_one_sentence(raw: bytes, sentence: str) -> None:
    assert problems(raw) == [sentence]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_saved_by_a_windows_editor_is_read(encoding: str) -> None:
    raw = feed("inbox: Größe").replace("\n", "\r\n").encode(encoding)
    assert problems(raw) == []


SECRET = "7~secretSECRETsecretSECRETsecretSECRETsecretSECRET"


@pytest.mark.parametrize(
    "text",
    [
        f"canvas: {{url: 'https://school.instructure.com', token: {SECRET}}}",
        f"canvas: {{url: 'https://school.instructure.com', token: {{env: {SECRET}}}}}",
        f"canvas: {{url: 'https://school.instructure.com', token: {{value: {SECRET}}}}}",
        f"canvas: {{url: 'https://school.instructure.com', token: {{command: {SECRET}}}}}",
        f"canvas: {{url: 'https://school.instructure.com?access_token={SECRET}', token: {{env: A}}}}",
        f"canvas: {{url: 'https://me:{SECRET}@school.instructure.com', token: {{env: A}}}}",
        f"canvas: {{url: '{SECRET}', token: {{env: A}}}}",
        f"canvas: {{account: '{SECRET}', url: 'https://school.instructure.com', token: {{env: A}}}}",
        f"canvas: {{url: 'https://school.instructure.com', token: {{{SECRET}}}}}",
        f"canvas: {{{SECRET}: 1, {SECRET}: 2}}",
        f"notify: 'mailto://me:{SECRET}@example.org'",
        f"heartbeat_url: 'ftp://example.org/{SECRET}'",
        f"canvas:\n  token: {{env: {SECRET}\n",
        f"canvas:\n\ttoken: {SECRET}\n",
        f"canvas:\n  token: : {SECRET}\n",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated_in_the_error(text: str) -> None:
    found = problems(text)
    assert found
    assert "SECRET" not in "\n".join(found)


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["self", "auto", "a.csv"]),
)
WORDS = st.sampled_from(
    ["canvas", "url", "token", "env", "feeds", "nightly", "inbox", "import", "overrides", "files", "hold", "<<", "x"]
)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=25
)


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_any_tree_of_values_is_a_configuration_or_has_problems_and_never_breaks(tree: object) -> None:
    problems(yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "replace"))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text("{}[]:,-&*!|>'\"%@`#? \n\tab<1.0~", max_size=80).map(str.encode))
def test_any_bytes_are_a_configuration_or_have_problems_and_never_break(raw: bytes) -> None:
    assert problems(raw)
