"""Every conformance case, given to the sandbox's engine: exactly the expected messages come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox.engine import Engine
from canvas_sandbox.report import ImportJob
from tests.conformance.cases import content_of, load_cases
from tests.support.sandbox_engine import Bench, Recorded


def _cases() -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in load_cases()]


def _files(case: dict[str, Any]) -> dict[str, bytes]:
    return {file["name"]: content_of(file) for file in case["files"]}


def _expected(case: dict[str, Any]) -> list[tuple[Any, ...]]:
    return sorted(
        ((each["file"], each["row"] or 0, each["level"], each["canvas_message"]) for each in case["expect"]), key=str
    )


@pytest.mark.parametrize("case", _cases())
def test_canvas_says_exactly_what_the_case_expects(case: dict[str, Any], engine: Engine, tmp_path: Path) -> None:
    engine.load_state({**case.get("canvas_state", {}), "features": case.get("features", [])})
    path, name = Bench(engine, tmp_path).upload(_files(case), 1)
    report = Recorded()
    engine.perform(ImportJob(id=1, upload=path, filename=name, options=case.get("options", {})), report)
    said = sorted(((file, row or 0, level.value, text) for level, file, row, text in report.messages), key=str)
    expected = _expected(case)
    if any(each.get("match") == "prefix" for each in case["expect"]):
        said = [(*rest, text[: len(wanted[-1])]) for (*rest, text), wanted in zip(said, expected, strict=False)]
    assert said == expected
    assert bool(case.get("accepts")) == (not said)


@pytest.mark.parametrize("case", [case for case in _cases() if case.values[0].get("canvas_state")])
def test_a_state_comes_back_as_it_was_loaded(case: dict[str, Any], engine: Engine) -> None:
    state = case["canvas_state"]
    engine.load_state(state)
    dumped = engine.dump_state()
    for key, value in state.items():
        assert _without_given_ids(value, dumped[key]) == value
    engine.load_state(dumped)
    assert engine.dump_state() == dumped


def _without_given_ids(loaded: Any, dumped: Any) -> Any:
    """The dump without Canvas ids (and blueprint flags) that the state left for Canvas to choose."""
    if isinstance(loaded, list) and loaded and isinstance(loaded[0], dict):
        return [
            {key: value for key, value in now.items() if key in before or key != "canvas_id"}
            for before, now in zip(loaded, dumped, strict=True)
        ]
    return dumped
