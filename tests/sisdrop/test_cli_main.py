"""The last net of the command line: a bug becomes a report that only its owner reads."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

import pytest

from sisdrop.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permission bits exist on POSIX only")


def test_a_bug_before_there_is_a_state_folder_is_reported_where_nobody_else_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_name: str) -> None:
        raise KeyError("unforeseen")

    # What a neighbour might have put where everybody may write.
    (tmp_path / "sisdrop").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(importlib, "import_module", broken)
    monkeypatch.setattr(main, "_state_folder", None)

    assert main.run(["status"]) == 3

    (report,) = tmp_path.glob("*/error-*.txt")
    assert str(report) in capsys.readouterr().err
    assert "unforeseen" in report.read_text(encoding="utf-8")
    assert (report.stat().st_mode & 0o077, report.parent.stat().st_mode & 0o077) == (0, 0)
    assert not (tmp_path / "elsewhere").exists()
