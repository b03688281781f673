"""What must hold of Canvas and of our folders, whatever was cut off, killed or asked for at the same time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests

from canvas_sandbox import Sandbox
from sisdrop.durable import TEMPORARY_PREFIX
from sisdrop.folders.layout import BESIDE


def imports_of(sandbox: Sandbox, above: int = 0) -> list[dict[str, Any]]:
    """The imports in the sandbox whose ids are above that one, oldest first; the last hundred at most."""
    url = f"{sandbox.url}/api/v1/accounts/self/sis_imports?per_page=100"
    headers = {"Authorization": f"Bearer {sandbox.token}", "User-Agent": "test"}
    answer = requests.get(url, headers=headers, timeout=10).json()["sis_imports"]
    return sorted((made for made in answer if made["id"] > above), key=lambda made: made["id"])


def pairs(folder: Path) -> list[str]:
    """The names of the files in a folder; fails when one of them is without its result, or the other way round."""
    # What a kill left half-written goes within an hour.
    names = {path.name for path in folder.iterdir() if not path.name.startswith(TEMPORARY_PREFIX)}
    files = {name for name in names if not name.endswith(BESIDE)}
    assert {f"{name}.result.json" for name in files} == {name for name in names if name.endswith(".result.json")}
    for name in files:
        json.loads((folder / f"{name}.result.json").read_text("utf-8"))
    return sorted(name[17:] for name in files)
