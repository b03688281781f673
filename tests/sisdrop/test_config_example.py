"""config.example.yaml and the reference page: made from the configuration's classes, fresh, and true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tools import config_documents as documents

from sisdrop import config
from sisdrop.config.problems import keys_of
from tests.support.config_files import feed, parsed, problems
from tests.support.places import ROOT

REFRESH = "run: python tools/config_documents.py"


@pytest.mark.parametrize(("name", "text"), documents.documents().items())
def test_the_document_in_the_repository_is_fresh(name: str, text: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == text, REFRESH


def test_write_makes_all_documents(tmp_path: Path) -> None:
    documents.write(tmp_path)
    assert (tmp_path / documents.EXAMPLE).read_text(encoding="utf-8") == documents.example()
    assert (tmp_path / documents.PACKAGED_EXAMPLE).read_text(encoding="utf-8") == documents.example()
    assert (tmp_path / documents.REFERENCE).read_text(encoding="utf-8") == documents.reference()


def test_the_example_loads_and_means_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", "7~secret")
    found = config.load(ROOT / documents.EXAMPLE)
    defaults = parsed(feed("import: {skip_deletes: false}"), ROOT)
    assert found.model_dump(exclude={"path"}) == defaults.model_dump(exclude={"path"})
    assert found.feeds["nightly"].canvas.token.read() == "7~secret"


def test_the_example_names_every_key() -> None:
    written = set(re.findall(r"^\s*(?:# )?(?:- )?([a-z_]+):", documents.example(), re.MULTILINE))
    known = {key for _, group, _ in documents._SECTIONS for key in keys_of(group)}
    assert known - written - {"files"} == set()


def test_the_reference_names_every_key_in_its_section() -> None:
    sections = documents.reference().split("\n## ")[1:]
    for section, (_, group, _) in zip(sections, documents._SECTIONS, strict=True):
        assert re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE) == keys_of(group)


def commented_keys() -> list[str]:
    return re.findall(r"^ *# [a-z_]+: \S.*$", documents.example(), re.MULTILINE)


@pytest.mark.parametrize("line", commented_keys(), ids=lambda line: line.strip(" #").split(":")[0])
def test_a_commented_key_is_accepted_where_it_stands(line: str) -> None:
    found = problems(documents.example().replace(line, line.replace("# ", "", 1)))
    # An option may need another one beside it; it is never unknown, misplaced or of the wrong type.
    assert all(re.search(r"Canvas (silently ignores|refuses)|expected exactly one of env", text) for text in found)


def test_the_override_of_the_example_works() -> None:
    text = re.sub(r"overrides: \[\].*\n(?: +#(?! -).*\n)*", "overrides:\n", documents.example())
    text = text.replace("# - files", "- files").replace("#   import", "  import")
    nightly = parsed(text).feeds["nightly"]
    assert nightly.options_for(["Enrollments-1.csv"]).diffing_data_set_identifier == "sis-enrollments"


def test_no_line_of_the_example_is_wider_than_a_screen() -> None:
    assert max(len(line) for line in documents.example().splitlines()) <= 120


def test_every_key_has_a_description_without_a_final_stop() -> None:
    descriptions: list[Any] = [
        field.description for _, group, _ in documents._SECTIONS for field in group.model_fields.values()
    ]
    assert all(text and not text.endswith(".") for text in descriptions)
