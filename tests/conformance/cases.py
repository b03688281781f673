"""The conformance cases: uploads, and what Canvas says to them.

They lie in `cases/` beside this file; `SISDROP_CASES` names another folder (further cases of the same kind).
"""

from __future__ import annotations

import base64
import io
import os
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml

from canvas_sis_csv import Member

FOLDER = Path(os.environ.get("SISDROP_CASES") or Path(__file__).parent / "cases")

Case = dict[str, Any]


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case, in the order of the files. Each worker of pytest reads them once: nobody may change one."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # eight times as fast, where PyYAML was built with it
    paths = sorted(FOLDER.glob("*.yaml"))
    return tuple(case for path in paths for case in yaml.load(path.read_text(encoding="utf-8"), loader))


def load_cases() -> list[Case]:
    """Every case that a test can set up."""
    return [case for case in all_cases() if not case.get("manual")]


def content_of(file: Case) -> bytes:
    """The exact bytes of a case's file."""
    if "content_b64" in file:
        return base64.b64decode(file["content_b64"])
    content: str = file["content"]
    return content.encode()


def members_of(case: Case) -> list[Member]:
    """The files of a case as the members of one drop."""
    contents = ((file["name"], content_of(file)) for file in case["files"])
    return [Member(name, len(content), partial(io.BytesIO, content)) for name, content in contents]
