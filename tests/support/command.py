"""The command line as a person calls it: in this process, and as the process that a service manager starts."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from sisdrop.cli.main import run

PROGRAM = (sys.executable, "-m", "sisdrop")

Ended = subprocess.CompletedProcess[str]
"""A command that came to its end: its exit code and what it printed."""


def sisdrop(*words: str | Path) -> Ended:
    """`sisdrop` with these words, in this process: all of the command but the start of a Python."""
    printed, problems = io.StringIO(), io.StringIO()
    with _logging_as_before(), redirect_stdout(printed), redirect_stderr(problems):
        code = run([str(word) for word in words])
    return Ended(words, code, printed.getvalue(), problems.getvalue())


def installed_sisdrop(*words: str | Path, **values: Any) -> Ended:
    """The same as a process of its own, where that is the point: what the shell sees of it."""
    command = [*PROGRAM, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **values)


@contextmanager
def _logging_as_before() -> Iterator[None]:
    """A command sets up logging for its whole process; that ends with the block."""
    root, own = logging.getLogger(), logging.getLogger("sisdrop")
    before = root.handlers[:], root.level, own.level
    try:
        yield
    finally:
        for handler in {*root.handlers} - {*before[0]}:
            handler.close()
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        own.setLevel(before[2])
