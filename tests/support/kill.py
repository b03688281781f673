"""Cut a function off before each of its steps on disk, the way a power cut or `kill -9` does.

The function runs in a forked child whose audit hook ends the process, without any clean-up, before the Nth operation
on a file. The caller looks at what is on disk after each cut; the last run is one that came to its end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

_STEPS = ("open", "os.", "shutil.")
_CUT, _FAILED = 77, 78
MOST_STEPS = 400


def run_cut_off(act: Callable[[], object]) -> Iterator[str]:
    """Run `act` in children, cut before step 1, 2, 3 …; yields the step's name after each, until a run is whole."""
    for number in range(1, MOST_STEPS):
        step = _run(act, number)
        if step is None:
            return
        yield f"{number}: {step}"
    raise AssertionError("the function never came to its end")


def _run(act: Callable[[], object], cut_at: int) -> str | None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _be_cut(act, cut_at, writer)
    os.close(writer)
    with os.fdopen(reader) as stream:
        said = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, _CUT), f"step {cut_at}: {said}"
    return said if code == _CUT else None


def _be_cut(act: Callable[[], object], cut_at: int, writer: int) -> None:
    left = cut_at

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event.startswith(_STEPS):
            left -= 1
            if left == 0:
                os.write(writer, f"{event} {arguments[:2]}".encode("utf-8", "replace"))
                os._exit(_CUT)

    try:
        sys.addaudithook(hook)
        act()
    except BaseException as error:  # noqa: BLE001  # the parent shall say it, whatever it is
        os.write(writer, repr(error).encode("utf-8", "replace"))
        os._exit(_FAILED)
    os._exit(0)
