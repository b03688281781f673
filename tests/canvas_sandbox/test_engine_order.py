"""One row after another through every question Canvas asks about it, in Canvas's order: what comes first is said.

Each row fails at one question and would fail at later ones too, or passes; so a question asked too early or too late
shows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from canvas_sandbox.engine import Engine
from tests.canvas_sandbox.rules.order import Order
from tests.canvas_sandbox.rules.order_groups import GROUPS
from tests.canvas_sandbox.rules.order_people import PEOPLE
from tests.support.sandbox_engine import Bench, csv


@pytest.mark.parametrize("order", [*PEOPLE, *GROUPS], ids=lambda order: order.name)
def test_questions_are_asked_in_canvas_order(order: Order, engine: Engine, tmp_path: Path) -> None:
    engine.load_state({**order.state, "features": list(order.features)})
    upload = {"feed.csv": csv(order.header, *(row for row, *_ in order.rows))}
    report = Bench(engine, tmp_path).run(upload, features=order.features, **order.options)
    expected = [(number, text) for number, (_, *says) in enumerate(order.rows, start=2) for text in says]
    assert sorted((row or 0, text) for _, _, row, text in report.messages) == sorted(expected)
