"""What the configuration means, and that everything wrong with it is told at once, each at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from sisdrop import config
from sisdrop.errors import ConfigError
from tests.support.config_files import CANVAS, feed, parsed, problems


def test_the_smallest_configuration_gets_the_defaults_of_the_contract() -> None:
    found = parsed(feed())
    nightly = found.feeds["nightly"]
    assert nightly.name == "nightly"
    assert found.gate_timeout_s == 7200
    assert (nightly.watch, nightly.poll_s, nightly.settle_s, nightly.done_suffix) == ("auto", 5, "auto", None)
    assert (nightly.order, nightly.combine, nightly.combine_s, nightly.check) == ("canvas", False, 10, True)
    assert (nightly.keep_days, nightly.release_by_file) == (None, True)
    hold = nightly.hold
    assert (hold.failed, hold.messages_over, hold.findings, hold.findings_over) == (True, 0, "error", 0)
    assert (nightly.canvas.account, nightly.canvas.timeout_s, nightly.canvas.ca_file) == ("self", 60, None)


def test_relative_paths_start_at_the_folder_of_the_configuration_file(tmp_path: Path) -> None:
    found = parsed(feed("inbox: drop\narchive: ../old/archive"), tmp_path / "conf")
    base = (tmp_path / "conf").resolve()
    assert found.feeds["nightly"].inbox == base / "drop"
    assert found.feeds["nightly"].archive == base.parent / "old" / "archive"
    assert found.feeds["nightly"].failed == base / "failed"
    assert found.feeds["nightly"].held == base / "held"
    assert found.state == base / "state"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert parsed(feed("inbox: ~/drop")).feeds["nightly"].inbox == tmp_path / "drop"


def test_a_feed_uses_the_canvas_at_the_top_unless_it_has_its_own() -> None:
    found = parsed(
        CANVAS
        + """
feeds:
  north: {inbox: n/in, archive: n/ok, failed: n/bad, held: n/held}
  south:
    inbox: s/in
    archive: s/ok
    failed: s/bad
    held: s/held
    canvas: {url: "https://south.instructure.com:8443", account: sis_account_id:S 1, token: {env: SOUTH}}
"""
    )
    assert found.feeds["north"].lane == "school.instructure.com/self"
    assert found.feeds["south"].lane == "south.instructure.com:8443/sis_account_id:S 1"
    assert {lane: [feed.name for feed in feeds] for lane, feeds in found.lanes().items()} == {
        "school.instructure.com/self": ["north"],
        "south.instructure.com:8443/sis_account_id:S 1": ["south"],
    }


def test_a_feed_without_any_canvas_is_told_so() -> None:
    assert problems(feed(top="")) == [
        "feeds.nightly.canvas: there is no `canvas` at the top of the file, so the feed needs its own"
    ]


def test_the_same_text_makes_an_equal_configuration() -> None:
    assert parsed(feed("poll_s: 7")) == parsed(feed("poll_s: 7"))
    assert parsed(feed("poll_s: 7")) != parsed(feed("poll_s: 8"))


# Each line: the keys of a feed, and the one sentence they must bring.
FEED_PROBLEMS = [
    ("hold: {messages_over: ten}", 'feeds.nightly.hold.messages_over: expected a whole number, got "ten"'),
    ("hold: {messages_over: 1.5}", "feeds.nightly.hold.messages_over: expected a whole number, got 1.5"),
    ("hold: {messages_over: true}", "feeds.nightly.hold.messages_over: expected a whole number, got true"),
    ("hold: {messages_over: -1}", "feeds.nightly.hold.messages_over: expected 0 or more, got -1"),
    ("hold: {findings_over: null}", "feeds.nightly.hold.findings_over: expected a whole number, got nothing"),
    (
        "hold: {findings: warnings}",
        'feeds.nightly.hold.findings: expected error, warning or never, got "warnings"; did you mean "warning"?',
    ),
    ("hold:", "feeds.nightly.hold: expected a group of keys, got nothing"),
    ("hold: [failed]", "feeds.nightly.hold: expected a group of keys, got a list"),
    ("poll_s: 0", "feeds.nightly.poll_s: expected 0.1 or more, got 0"),
    ("poll_s: 5s", 'feeds.nightly.poll_s: expected a number, got "5s"'),
    ("poll_s: true", "feeds.nightly.poll_s: expected a number, got true"),
    ("settle_s: soon", 'feeds.nightly.settle_s: expected auto or a number of seconds, got "soon"'),
    ("settle_s: 4000", "feeds.nightly.settle_s: expected auto or 0 to 3600 seconds, got 4000"),
    ("watch: polling", 'feeds.nightly.watch: expected auto, events or poll, got "polling"; did you mean "poll"?'),
    ("combine: 1", "feeds.nightly.combine: expected true or false, got 1"),
    ('check: "no"', 'feeds.nightly.check: expected true or false, got "no"'),
    ("keep_days: 0", "feeds.nightly.keep_days: expected 1 or more, got 0"),
    ('inbox: ""', 'feeds.nightly.inbox: expected a path, got ""'),
    ("inbox:", "feeds.nightly.inbox: expected a path, got nothing"),
    ("inbox: [a]", "feeds.nightly.inbox: expected a path, got a list"),
    ('done_suffix: ""', 'feeds.nightly.done_suffix: expected an ending such as ".done", got ""'),
    ("overrides: {files: x}", "feeds.nightly.overrides: expected a list, got a group of keys"),
    ("overrides: [{files: x}]", "feeds.nightly.overrides[0].import: this key is missing"),
    ("overrides: [{files: 5, import: {}}]", "feeds.nightly.overrides[0].files: expected text, got the number 5"),
]


@pytest.mark.parametrize(("body", "sentence"), FEED_PROBLEMS)
def test_a_wrong_value_in_a_feed_is_told_at_its_place(body: str, sentence: str) -> None:
    found = problems(feed(body))
    assert len(found) == 1
    assert found[0].startswith(sentence)


@pytest.mark.parametrize("suffix", ["/x", "a\\b", ".csv", ".ZIP", ".tmp", "x" * 33, " .done", "*"])
def test_a_done_suffix_that_could_not_be_told_from_a_drop_is_refused(suffix: str) -> None:
    assert [found.split(":")[0] for found in problems(feed(f"done_suffix: '{suffix}'"))] == [
        "feeds.nightly.done_suffix"
    ]


# Each line: the whole text after the canvas group, and the one sentence it must bring.
TOP_PROBLEMS = [
    ("feeds: {}", "feeds: expected at least 1, got none"),
    ("", "feeds: this key is missing"),
    ("feeds: [a]", "feeds: expected a group of keys, got a list"),
    ("feeds: {nightly: }", "feeds.nightly: expected a group of keys, got nothing"),
    ("feeds: {n: {}}\ngate_timeout_s: 0", "gate_timeout_s: expected 1 or more, got 0"),
    ("feeds: {n: {}}\nstate: null", "state: expected a path, got nothing"),
    ("feeds: {night shift: {}}", "feeds.night shift: a feed's name consists of letters, digits, - and _"),
]


@pytest.mark.parametrize(("text", "sentence"), TOP_PROBLEMS)
def test_a_wrong_value_at_the_top_is_told_at_its_place(text: str, sentence: str) -> None:
    found = problems(f"{CANVAS}\n{text}")
    assert len(found) == 1
    assert found[0].startswith(sentence)


# Each line: a document, and what is said of its unknown key.
MISSPELLED = [
    (feed("inbx: x"), 'feeds.nightly.inbx: unknown key; did you mean "inbox"?'),
    (feed("hold: {message_over: 1}"), 'feeds.nightly.hold.message_over: unknown key; did you mean "messages_over"?'),
    (feed("settle-s: 1"), 'feeds.nightly.settle-s: unknown key; did you mean "settle_s"?'),
    (feed("Inbox: x"), 'feeds.nightly.Inbox: unknown key; did you mean "inbox"?'),
    (feed("import_: {}"), 'feeds.nightly.import_: unknown key; did you mean "import"?'),
    (feed("name: x"), "feeds.nightly.name: unknown key; known here: inbox, archive, failed, held"),
    (feed("skip_deletes: true"), "feeds.nightly.skip_deletes: unknown key here; it belongs under a feed's `import`"),
    (feed("messages_over: 1"), "feeds.nightly.messages_over: unknown key here; it belongs under a feed's `hold`"),
    (feed("gate_timeout_s: 60"), "feeds.nightly.gate_timeout_s: unknown key here; it belongs at the top of the file"),
    (feed() + "poll_s: 5", "poll_s: unknown key here; it belongs in a feed, under `feeds.<name>`"),
    (
        feed() + "poll_sec: 5",
        'poll_sec: unknown key here; it belongs in a feed, under `feeds.<name>`, written "poll_s"',
    ),
    (feed() + "feed: {}", 'feed: unknown key; did you mean "feeds"?'),
    (feed() + "url: x", "url: unknown key here; it belongs under `canvas`"),
    (feed() + "path: x", "path: unknown key; known here: canvas, state"),
]


@pytest.mark.parametrize(("text", "sentence"), MISSPELLED)
def test_an_unknown_key_comes_with_the_likely_right_one(text: str, sentence: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith(sentence)


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    text = """
    canvas:
      url: http://school.instructure.com
      token: {env: CANVAS_TOKEN, file: t}
    state: inbox/state
    feeds:
      nightly:
        poll_s: 010
        inbox: inbox
        archive: inbox/done
        hold: {messages_over: ten}
        import: {change_threshold: 500, add_sis_stickiness: true}
        poll_s: 5
    gate_timeout: 5
    """
    assert [found.split(": ")[0] for found in problems(text)] == [
        "canvas.url",
        "canvas.token",
        "state",
        "feeds.nightly.poll_s",
        "feeds.nightly.poll_s",
        "feeds.nightly.archive",
        "feeds.nightly.hold.messages_over",
        "feeds.nightly.import.change_threshold",
        "feeds.nightly.import.add_sis_stickiness",
        "gate_timeout",
    ]


def test_the_error_names_the_file_and_counts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.parse(b"feeds: {}\nfed: {}\n", tmp_path / "my.yaml")
    assert str(caught.value).splitlines()[0] == f"{tmp_path / 'my.yaml'}: 2 problems"
    assert caught.value.exit_code == 2


def test_load_takes_the_given_path_then_the_variable_then_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("given", "variable", "here"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(feed(), encoding="utf-8")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("SISDROP_CONFIG", raising=False)
    assert config.load().path == tmp_path / "here" / "config.yaml"
    monkeypatch.setenv("SISDROP_CONFIG", str(tmp_path / "variable" / "config.yaml"))
    assert config.load().path == tmp_path / "variable" / "config.yaml"
    assert config.load(Path("../given/config.yaml")).path == tmp_path / "given" / "config.yaml"


def test_a_marker_that_would_be_a_persons_word_is_refused_unless_that_is_off() -> None:
    (found,) = problems(feed("done_suffix: .Release"))
    assert found.startswith("feeds.nightly.done_suffix: such a file is a person's word")
    assert parsed(feed("done_suffix: .Release\nrelease_by_file: false")).feeds["nightly"].release_by_file is False


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; `sisdrop init` writes"):
        config.load(tmp_path / "config.yaml")


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path)


# The keys of the contract that this version does not have, where they belong.
LATER = ["status_page: null", "notify: []", "notify_on: [failed]", "metrics: '127.0.0.1:9108'", "heartbeat_url: null"]
LATER_IN_FEED = ["result_page: messages"]


@pytest.mark.parametrize(
    ("text", "place"),
    [(f"{feed()}\n{line}", "") for line in LATER] + [(feed(line), "feeds.nightly.") for line in LATER_IN_FEED],
)
def test_a_key_that_is_not_built_yet_is_refused_in_plain_words_whatever_its_value(text: str, place: str) -> None:
    (found,) = problems(text)
    assert found.startswith(place)
    assert "this version of sisdrop does not have this yet" in found


def test_neither_schema_nor_model_promise_what_is_not_built() -> None:
    names = {line.partition(":")[0] for line in (*LATER, *LATER_IN_FEED)}
    schema = config.json_schema()
    groups = [schema, *schema["$defs"].values()]
    assert not names & {name for group in groups for name in group.get("properties", {})}


def test_the_json_schema_knows_the_keys_by_their_names_in_the_file() -> None:
    schema = config.json_schema()
    assert schema["additionalProperties"] is False
    assert {"canvas", "feeds", "state", "gate_timeout_s"} <= set(schema["properties"])
    assert "import" in schema["$defs"]["FeedKeys"]["properties"]
    assert schema["$defs"]["TokenSource"]["properties"].keys() == {"env", "file", "command"}
    assert all(prop.get("description") for prop in schema["$defs"]["FeedKeys"]["properties"].values())
