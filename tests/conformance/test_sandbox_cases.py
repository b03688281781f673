"""Every conformance case over HTTP: put Canvas into its state, upload its files, compare what Canvas says."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

import canvas_sandbox as sandbox
from tests.conformance.cases import all_cases, content_of
from tests.support.sandbox_client import Client


class Said(NamedTuple):
    """One message, as Canvas shows it."""

    level: str
    file: str | None
    row: int | None
    text: str


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=case["id"], marks=[pytest.mark.skip] * bool(case.get("manual"))) for case in all_cases()
    ]


@pytest.fixture(scope="module")
def canvas() -> Iterator[Client]:
    with sandbox.start(speed="max") as running:
        client = Client(running)
        yield client
        client.close()


@pytest.mark.parametrize("case", _cases())
def test_the_sandbox_says_what_canvas_says(canvas: Client, case: dict[str, Any]) -> None:
    state = {**case.get("canvas_state", {}), "features": case.get("features", [])}
    loaded = canvas.put("/sandbox/state", json=state)
    assert loaded.status_code == 200, loaded.text
    body = canvas.imported(*_upload(case["files"]), **_form(case.get("options", {})))
    said = _messages(canvas, body["id"])
    missing, extra = _compare(case["expect"], said)
    assert (missing, extra) == ([], []), "expected and not said, said and not expected"
    assert body["workflow_state"] == _final_state(said)
    if case.get("accepts"):
        assert said == []


def _upload(files: list[dict[str, Any]]) -> tuple[bytes, str]:
    """The files of a case as one upload: a single one as it is, several as a zip."""
    contents = [(item["name"], content_of(item)) for item in files]
    if len(contents) == 1 and contents[0][0].lower().endswith((".csv", ".zip")):
        return contents[0][1], contents[0][0]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in contents:
            archive.writestr(name, content)
    return out.getvalue(), "case.zip"


def _form(options: dict[str, Any]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in options.items()}


def _messages(canvas: Client, import_id: int) -> list[Said]:
    """All messages; an error is one that `failure=true` shows too."""
    everything = Counter(_listed(canvas, import_id))
    errors = Counter(_listed(canvas, import_id, failure="true"))
    warnings = everything - errors
    return [
        Said(level, *message)
        for level, counted in (("error", errors), ("warning", warnings))
        for message in counted.elements()
    ]


def _listed(canvas: Client, import_id: int, **params: str) -> Iterator[tuple[Any, Any, str]]:
    answer = canvas.get(f"{import_id}/errors", params={"per_page": "100", **params})
    while True:
        for item in answer.json()["sis_import_errors"]:
            yield item["file"], item["row"], item["message"]
        if "next" not in answer.links:
            return
        answer = canvas.session.get(answer.links["next"]["url"], timeout=20)


def _compare(expected: list[dict[str, Any]], said: list[Said]) -> tuple[list[Any], list[Said]]:
    """What was expected and not said, and what was said and not expected. Order does not matter."""
    rest, missing = list(said), []
    # The exact ones first, so that a prefix does not take what another one names exactly.
    for wanted in sorted(expected, key=lambda item: item.get("match") == "prefix"):
        found = next((message for message in rest if _fits(wanted, message)), None)
        if found:
            rest.remove(found)
        else:
            missing.append((wanted["level"], wanted["file"], wanted["row"], wanted["canvas_message"]))
    return missing, rest


def _fits(wanted: dict[str, Any], message: Said) -> bool:
    text = wanted["canvas_message"]
    is_text = message.text.startswith(text) if wanted.get("match") == "prefix" else message.text == text
    return is_text and (wanted["level"], wanted["file"], wanted["row"]) == message[:3]


def _final_state(said: list[Said]) -> str:
    levels = {message.level for message in said}
    if "error" in levels:
        return "failed_with_messages"
    return "imported_with_messages" if levels else "imported"
