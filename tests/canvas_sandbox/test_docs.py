"""The reference page of the sandbox says what the sandbox does: every fault, every address, every option."""

from __future__ import annotations

import json
import re

import pytest

from canvas_sandbox import faults
from canvas_sandbox.engine.state import KEYS
from canvas_sandbox.faults import COMMON, KINDS, read_faults
from canvas_sandbox.serving import command
from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "reference" / "sandbox.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_has_its_row_with_all_its_keys(kind: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |")]
    if kind == "unknown_state":
        assert "`state`" in row
    assert [key for key in KINDS[kind] if f"`{key}`" not in row] == []


def test_every_kind_and_key_is_in_the_docstring_too() -> None:
    text = faults.__doc__ or ""
    assert [kind for kind in KINDS if not re.search(rf"^    {kind} ", text, re.MULTILINE)] == []
    assert [key for key in COMMON - {"kind"} if f"`{key}`" not in text] == []


def test_the_example_of_the_page_is_one() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert [fault.kind for fault in read_faults(json.loads(example))] == ["accept_then_drop", "token"]


def test_every_option_of_the_command_is_on_the_page() -> None:
    options = [option for parameter in command.params for option in parameter.opts]
    assert [option for option in options if f"| `{option}" not in PAGE] == []


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_a_state_is_on_the_page(key: str) -> None:
    assert re.search(rf"^\|[^|]*`{key}`", PAGE, re.MULTILINE)
