"""The documents tell the truth: their examples work, their commands and links exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sisdrop import config
from sisdrop.cli.main import COMMANDS
from sisdrop.config.token import _CREDENTIALS
from sisdrop.errors import ConfigError
from sisdrop.folders import result
from sisdrop.folders.undo_file import undo_json
from sisdrop.model import Outcome, Place, Undo, UndoState
from sisdrop.workers.service import STOP_S
from tests.support.config_files import CANVAS, problems
from tests.support.journal_drops import LANE, a_drop

ROOT = Path(__file__).parents[1]
GOING_LIVE = ROOT / "docs" / "how-to" / "going-live.md"
FROM_CRON = ROOT / "docs" / "how-to" / "from-a-cron-script.md"
HOURS = ROOT / "docs" / "how-to" / "hours-and-pause.md"
DIFFING = ROOT / "docs" / "how-to" / "diffing.md"
RESULT = ROOT / "docs" / "reference" / "result.md"
UNIT = ROOT / "packaging" / "systemd" / "sisdrop.service"
PAGES = sorted(
    [*(ROOT / "docs").rglob("*.md"), *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY"))]
)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", text_of(page), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_exists(page: Path) -> None:
    named = set(re.findall(r"(?:`|bin/|sisdrop\.exe )sisdrop ([a-z]+)", text_of(page)))
    assert named <= set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_or_a_heading_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if target.startswith(("http:", "https:")):
            continue
        name, _, heading = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name} links to {target}"
        if heading:
            headings = re.findall(r"^#+ (.*)$", text_of(file), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}


def test_the_example_of_an_undo_has_the_keys_of_one() -> None:
    _, example = blocks(RESULT, "json")
    told = json.loads(example)
    undo = Undo(told["drop"], LANE, told["feed"], 8123, UndoState.ENDED, told["times"]["asked_at"], told["asked_by"])
    made = json.loads(undo_json(undo, a_drop(), "https://school.instructure.com", "self"))
    assert list(told) == list(made)
    assert {key: list(value) for key, value in told.items() if key in ("times", "options", "canvas")} == {
        key: list(value) for key, value in made.items() if key in ("times", "options", "canvas")
    }


@pytest.mark.parametrize("page", [GOING_LIVE, FROM_CRON, HOURS, DIFFING], ids=lambda page: page.name)
def test_every_piece_of_configuration_is_accepted(page: Path) -> None:
    found = blocks(page, "yaml")
    assert found
    for block in found:
        text = block if block.startswith("canvas:") else CANVAS + block
        assert config.parse(text.encode(), ROOT / "config.yaml").feeds


def options_in_the_table() -> list[str]:
    table = text_of(FROM_CRON).split("## The options")[1].split("## One upload")[0]
    cells = [row.split("|")[2] for row in table.splitlines() if row.startswith("| `")]
    return [pair for cell in cells for pair in re.findall(r"`(\w+: [^`]+)`", cell) if not pair.startswith("files:")]


@pytest.mark.parametrize("option", options_in_the_table())
def test_every_option_of_the_table_exists_with_that_value(option: str) -> None:
    # Some need another option beside them; none is unknown or of the wrong type.
    found = problems(f"{CANVAS}\nfeeds: {{nightly: {{import: {{{option}}}}}}}")
    assert all(re.search(r"Canvas (silently ignores|refuses)", problem) for problem in found)


def test_the_example_of_a_result_is_one() -> None:
    example, _ = blocks(RESULT, "json")
    loaded = json.loads(example)
    assert list(loaded) == list(result.Result.model_fields)
    written = result.Result.model_validate_json(example)
    assert json.loads(written.to_json_bytes()) == loaded


def test_the_result_page_explains_every_key_and_every_outcome() -> None:
    table = text_of(RESULT).split("## Keys")[1]
    keys, outcomes = table.split("## Outcomes")
    named = set(re.findall(r"`([a-z0-9_]+)`", keys))
    defs = result.schema()["$defs"].values()
    every = set(result.schema()["properties"]).union(*(part.get("properties", {}) for part in defs))
    assert every - named == set()
    places = dict.fromkeys(re.findall(r"`([a-z_]+)`(?=.*\| `archive` \|$)", outcomes, re.MULTILINE))
    assert {name for name in places if name != "archive"} == {o for o in Outcome if o.place is Place.ARCHIVE}
    assert set(Outcome) <= set(re.findall(r"`([a-z_]+)`", outcomes))


def setting(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", text_of(UNIT), re.MULTILINE)


def test_the_unit_gives_sisdrop_the_time_it_needs_to_end_and_spares_a_broken_configuration() -> None:
    assert int(setting("TimeoutStopSec")[0]) > STOP_S
    assert setting("RestartPreventExitStatus") == [str(ConfigError.exit_code)]


def test_the_unit_and_the_page_agree_where_the_token_is() -> None:
    name = setting("LoadCredential")[0].partition(":")[0]
    assert f"file: {_CREDENTIALS}/{UNIT.name}/{name}\n" in text_of(GOING_LIVE)
    assert f"{_CREDENTIALS}/{UNIT.name}/{name}" in text_of(UNIT)


def test_every_line_of_the_unit_is_explained() -> None:
    """Each group of settings has a comment above it."""
    for group in text_of(UNIT).split("\n\n")[2:]:
        body = [line for line in group.splitlines() if not line.startswith("[")]
        assert body[0].startswith("#") or body[0].startswith(("Description=", "WantedBy=")), body[0]


def test_every_room_stands_in_the_architecture_and_every_room_in_it_exists() -> None:
    page = text_of(ROOT / "docs" / "explanation" / "architecture.md")
    table = page[page.index("## The rooms") : page.index("## The way")]
    rooms = (line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    named = {name for room in rooms for name in re.findall(r"`([a-z_]+)/?`", room)}
    entries = (ROOT / "src" / "sisdrop").iterdir()
    there = {path.stem for path in entries if path.name == "errors.py" or any(path.glob("[a-z]*.py"))}

    assert named == there


def test_every_test_that_the_threats_name_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", text_of(ROOT / "docs" / "explanation" / "threats.md"))
    files = {path.name: text_of(path) for path in (ROOT / "tests").rglob("test_*.py")}
    missing = [f"{file}::{test}" for file, test in named if f"def {test}(" not in files.get(file, "")]

    assert len(named) > 50
    assert missing == []
