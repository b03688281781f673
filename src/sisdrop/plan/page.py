"""A plan as one page of HTML: no script, nothing loaded from anywhere, every value escaped by the template."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from canvas_sis_csv.text import printable
from sisdrop.model import plural
from sisdrop.plan.outlook import WHATS, Outlook, compared_with, most_affected, parts, remarks, verdict


def as_page(outlook: Outlook, at: str) -> str:
    """The page; `at` is when it was made, as it is shown."""
    return (
        _templates()
        .get_template("page.html")
        .render(
            outlook=outlook,
            at=at,
            whats=WHATS,
            plural=plural,
            parts=parts,
            remarks=remarks,
            most_affected=most_affected,
            verdict=verdict(outlook),
            compared_with=compared_with(outlook),
        )
    )


@cache
def _templates() -> Environment:
    # `StrictUndefined`: a page that names what is not there is a bug, not an empty cell.
    environment = Environment(
        loader=PackageLoader("sisdrop.plan"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    environment.filters["number"] = lambda count: "–" if count is None else f"{count:,}"
    environment.filters["guard_sentence"] = _guard_sentence
    return environment


def _guard_sentence(code: str, reason: str) -> str:
    """The sentence of a guard. That of a file Canvas refuses may quote the row, and pages are passed on."""
    is_quoting = code.startswith("file.")
    return "Canvas would refuse a file whole; `sisdrop check` says where and why." if is_quoting else printable(reason)
