"""The sandbox's own endpoints, which Canvas does not have: state, faults, and what the storage saw.

Room: requests in, answers out. Only for loopback and the token; `PUT /sandbox/state` replaces everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from canvas_sandbox.engine import Engine
from canvas_sandbox.faults import BadFault, Fault, FaultBook, read_faults
from canvas_sandbox.http import message
from canvas_sandbox.http.message import Request, Response, json_response
from canvas_sandbox.import_store import STATE_AS_PUT, ImportStore
from canvas_sandbox.queue import ImportQueue
from canvas_sandbox.shapes import OTHER_USER_ID, ROBOT_ID

MAX_STATE = 64 << 20
MAX_FAULTS = 1 << 20


@dataclass(frozen=True)
class Control:
    """The endpoints under `/sandbox/`."""

    store: ImportStore
    queue: ImportQueue
    engine: Engine
    faults: FaultBook
    leaks: Callable[[], int]

    def get_state(self) -> Response:
        """What is in Canvas now, with the features that are on; waits for the running import.

        As long as nothing was imported since it was put, that is the very JSON that was put.
        """
        return json_response(self.queue.do(lambda: self.store.setting(STATE_AS_PUT) or self.engine.dump_state()))

    def put_state(self, request: Request) -> Response:
        """Replace everything: accounts and people by what is given, imports, messages and files by nothing."""
        state = _read_json(request, MAX_STATE)
        if isinstance(state, Mapping) and isinstance(state.get("canvas_state"), Mapping):
            # A conformance case as it stands is taken too.
            state = {**state["canvas_state"], "features": state.get("features") or []}
        if not isinstance(state, dict):
            raise _bad("the state must be a JSON object")
        self._load(state)
        return json_response({"loaded": True})

    def _load(self, state: dict[str, Any]) -> None:
        features = state.get("features") or []
        if not isinstance(features, list) or not all(isinstance(name, str) for name in features):
            raise _bad("features must be a list of names")

        def load() -> None:
            # First, as it may refuse: then nothing has changed.
            self.engine.load_state(state)
            self.queue.forget()
            self.store.forget_everything()
            self.store.remember(STATE_AS_PUT, state)
            self.store.remember("features", features)
            self.store.remember("runs_as", state.get("runs_as"))

        try:
            self.queue.do(load, interrupt=True)
        except ValueError as error:
            raise _bad(str(error)) from error

    def get_faults(self) -> Response:
        """The faults in force, with how often each hit."""
        return json_response({"faults": [fault.to_json() for fault in self.faults.all()]})

    def put_faults(self, request: Request) -> Response:
        """Replace the faults; imports that were held back by earlier ones go on."""
        self.set_faults(_faults(_read_json(request, MAX_FAULTS)))
        return self.get_faults()

    def add_faults(self, request: Request) -> Response:
        """Add faults to those in force."""
        faults = _faults(_read_json(request, MAX_FAULTS))
        self.place_now(faults)
        self.faults.add(faults)
        return self.get_faults()

    def clear_faults(self) -> Response:
        """No faults any more."""
        self.set_faults([])
        return self.get_faults()

    def set_faults(self, faults: list[Fault]) -> None:
        """Replace the faults."""
        # In this order: what earlier faults held back goes on before the new ones are looked at.
        self.queue.stalls.drop()
        self.queue.let_go()
        self.place_now(faults)
        self.faults.replace(faults)

    def place_now(self, faults: list[Fault]) -> None:
        """Make the foreign imports that wait for no request."""
        for fault in faults:
            if fault.kind == "foreign_import" and fault.method is None and fault.path is None:
                while fault.count:
                    self.place_foreign(fault)
                    fault.hits += 1
                    fault.count -= 1

    def place_foreign(self, fault: Fault) -> int:
        """Make another program's import; the queue ends it when it was shown often enough."""
        return self.queue.place_foreign(
            state=fault.get("state", "importing"),
            end_state=fault.get("end_state", "imported"),
            looks=fault.get("looks", None),
            user_id=ROBOT_ID if fault.get("user", "other") == "ours" else OTHER_USER_ID,
            age_s=fault.get("age_s", 0),
        )

    def get_leaks(self) -> Response:
        """How often the storage was sent an Authorization header."""
        return json_response({"authorization_seen_by_storage": self.leaks()})


def _faults(value: Any) -> list[Fault]:
    try:
        return read_faults(value)
    except BadFault as error:
        raise _bad(str(error)) from error


def _read_json(request: Request, limit: int) -> Any:
    try:
        return json.loads(request.body.read_all(limit))
    except (ValueError, RecursionError) as error:
        raise _bad(f"not JSON: {error}") from error


def _bad(why: str) -> message.ApiError:
    return message.refusal(400, {"errors": [{"message": why}]})
