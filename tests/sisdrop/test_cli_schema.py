"""`sisdrop schema`: the JSON Schemas, for editors and for scripts."""

from __future__ import annotations

import json

import pytest

from sisdrop import config
from sisdrop.cli.main import run
from sisdrop.folders import held_json, result


def test_prints_the_schema_of_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == config.json_schema()


def test_prints_the_schema_of_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "result"]) == 0
    assert json.loads(capsys.readouterr().out) == result.schema()


def test_prints_the_schema_of_the_file_beside_a_held_drop(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "held"]) == 0
    assert json.loads(capsys.readouterr().out) == held_json.schema()


@pytest.mark.parametrize("what", [[], ["config"], ["result"], ["held"]])
def test_takes_config_as_every_command_does(what: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", *what]) == 0
    without = capsys.readouterr().out
    assert run(["schema", *what, "--config", "no/such/config.yaml"]) == 0
    assert capsys.readouterr().out == without


def test_knows_no_other_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "weather"]) == 2
    assert "weather" in capsys.readouterr().err
