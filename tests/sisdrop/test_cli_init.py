"""`sisdrop init`: a folder to start from, and nothing overwritten."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from tools import config_documents as documents

from sisdrop import config
from sisdrop.cli.main import run


def test_writes_the_commented_configuration_and_the_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "sis")]) == 0
    file = tmp_path / "sis" / "config.yaml"
    assert file.read_text(encoding="utf-8") == documents.example()
    assert sorted(path.name for path in (tmp_path / "sis").iterdir()) == [
        "archive",
        "config.yaml",
        "failed",
        "inbox",
        "state",
    ]
    assert config.load(file).feeds["nightly"].inbox == (tmp_path / "sis" / "inbox").resolve()
    out = capsys.readouterr().out
    assert f"made {file}" in out
    assert f"sisdrop doctor --config {file}" in out


def test_starts_in_the_working_folder_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    assert (tmp_path / "inbox").is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits exist on POSIX only")
def test_keeps_the_state_folder_to_its_owner(tmp_path: Path) -> None:
    run(["init", str(tmp_path)])
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) & 0o077 == 0


def test_never_touches_a_configuration_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text("mine", encoding="utf-8")
    assert run(["init", str(tmp_path)]) == 0
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == "mine"
    assert list(tmp_path.iterdir()) == [tmp_path / "config.yaml"]
    assert "is there already; nothing was changed" in capsys.readouterr().out


def test_keeps_what_is_in_folders_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "users.csv").write_text("user_id\n", encoding="utf-8")
    assert run(["init", str(tmp_path)]) == 0
    assert (tmp_path / "inbox" / "users.csv").read_text(encoding="utf-8") == "user_id\n"


def test_a_file_where_a_folder_must_be_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "archive").write_text("", encoding="utf-8")
    assert run(["init", str(tmp_path)]) == 2
    assert f"{tmp_path / 'archive'} cannot be made" in capsys.readouterr().err
    assert not (tmp_path / "config.yaml").exists()
