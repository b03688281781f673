"""`sisdrop schema`: the JSON Schemas, for editors and for scripts."""

from __future__ import annotations

import json

import pytest

from sisdrop import config
from sisdrop.cli.main import run
from sisdrop.folders import result


def test_prints_the_schema_of_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == config.json_schema()


def test_prints_the_schema_of_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "result"]) == 0
    assert json.loads(capsys.readouterr().out) == result.schema()


def test_knows_no_other_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "weather"]) == 2
    assert "weather" in capsys.readouterr().err
