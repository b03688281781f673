"""`sisdrop doctor`: everything that must be right before the first import, one line each, and what to do.

Room: part of the command line; prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click

from canvas_sis_csv.text import printable
from sisdrop.cli.common import config_option, json_option, load_config, print_json
from sisdrop.config import Config
from sisdrop.doctor import Check, CheckStatus, examine
from sisdrop.errors import StateError
from sisdrop.journal import FILE_NAME, SqliteJournal

COLOURS = {CheckStatus.OK: "green", CheckStatus.WARN: "yellow", CheckStatus.FAIL: "red"}


@click.command("doctor")
@json_option
@config_option
def command(config_path: Path | None, as_json: bool) -> int:
    """Check configuration, folders, network, token and permissions; say what to do. Changes nothing.

    Ends with 0 when nothing fails, 1 when something does, 5 when Canvas cannot be reached or refuses.
    """
    config = load_config(config_path)
    checks: list[Check] = []
    for check in _examine(config):
        checks.append(check)
        if not as_json:
            _show(check)
    failed = [check for check in checks if check.status is CheckStatus.FAIL]
    if as_json:
        print_json({"ok": not failed, "checks": [_as_json(check) for check in checks]})
    else:
        _sum_up(checks)
    if any(check.of_canvas for check in failed):
        return 5
    return 1 if failed else 0


def _examine(config: Config) -> Iterator[Check]:
    """All checks, and first who runs."""
    lease = None
    with suppress(OSError, StateError):  # what cannot be used is told among the folders
        if (config.state / FILE_NAME).exists():
            with SqliteJournal(config.state) as journal:
                lease = journal.lease()
    yield from examine(config, running=lease is not None, pid=lease.pid if lease else None)


def _show(check: Check) -> None:
    status = click.style(check.status.value.ljust(4), fg=COLOURS[check.status])
    todo = f" -> {check.do}" if check.do else ""
    click.echo(f"{status}  {printable(f'{check.about}: {check.text}{todo}')}")


def _sum_up(checks: list[Check]) -> None:
    counts = {status: sum(check.status is status for check in checks) for status in CheckStatus}
    warnings, failures = counts[CheckStatus.WARN], counts[CheckStatus.FAIL]
    if not warnings and not failures:
        click.echo("All is well.")
        return
    counted = [
        f"{count} {word}{'s' if count != 1 else ''}"
        for count, word in ((failures, "failure"), (warnings, "warning"))
        if count
    ]
    advised = any(check.do for check in checks if check.status is not CheckStatus.OK)
    click.echo(f"{', '.join(counted)}{'; what to do stands behind the arrow' if advised else ''}.")


def _as_json(check: Check) -> dict[str, str]:
    return {"verdict": check.status.value, "about": check.about, "text": check.text, "do": check.do}
