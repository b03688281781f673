"""`sisdrop sandbox`: a Canvas on loopback to try things on, until it is told to stop."""

from __future__ import annotations

from typing import Any

import click

from canvas_sandbox.serving import OPTIONS, SUMMARY, serve
from sisdrop.cli.common import sandbox_errors


def _serve(**options: Any) -> None:
    with sandbox_errors():
        serve(**options)


command = click.Command("sandbox", params=OPTIONS, callback=_serve, help=SUMMARY)
