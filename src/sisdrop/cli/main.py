"""The command line: one file per command, loaded when it is called; the one place that turns errors into exit codes.

Room: may print and exit. `COMMANDS` names every command and the module in this folder that holds it as `command`.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from sisdrop import __version__
from sisdrop.errors import SisdropError

COMMANDS = {
    "practice": "Practise the main job against a Canvas sandbox, without a Canvas account.",
    "init": "Write a commented config.yaml and the folders beside it.",
    "doctor": "Check configuration, folders, network, token and permissions.",
    "run": "Run the service, or with --once handle what is in the inbox now.",
    "check": "Say before the upload what Canvas would say, with rows.",
    "convert": "Write a UTF-8 copy of a CSV that is in another encoding.",
    "status": "Show queue, hold, running import and last results.",
    "history": "List past drops.",
    "show": "Show one drop whole.",
    "release": "Let a held drop, or the queue, go on.",
    "reject": "File a held drop under failed.",
    "retry": "Put an archived or failed drop back in the queue.",
    "abort": "Abort the import of a drop in Canvas.",
    "undo": "Have Canvas put back what the import of a drop changed.",
    "accept": "Make the folder at a feed's inbox its inbox, after it was made anew.",
    "schema": "Print the JSON Schema of the configuration or of a result.",
    "sandbox": "Run only the Canvas sandbox.",
    "pause": "Let no import start, of one feed or of all.",
    "resume": "Let imports start again.",
    "plan": "Say what files would change in Canvas, and which guards would hold them.",
}


class LazyCommands(click.Group):
    """A group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All command names, in the order of a first day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"sisdrop.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands for --help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sisdrop")
def sisdrop() -> None:
    """Watch a drop folder for SIS CSVs and import each into Canvas, one at a time."""


def run(argv: Sequence[str]) -> int:
    """Run the command in `argv` and return its exit code (contract.md, section 5)."""
    try:
        result = sisdrop.main(args=list(argv), prog_name="sisdrop", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except SisdropError as error:
        # Not at the top, as below.
        from canvas_sis_csv.text import printable

        # Line by line: a sentence may quote the name of a file, which may hold anything. Nobody may be there to read
        # it; the exit code says it all the same.
        with suppress(OSError):
            click.echo("\n".join(map(printable, f"sisdrop: {error}".split("\n"))), err=True)
        return error.exit_code
    except BrokenPipeError:
        # The reader (`| head`) went away; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the last net: a bug becomes a report, not a traceback on a console
        return _report_bug(error, argv)
    return result if isinstance(result, int) else 0


def _report_bug(error: Exception, argv: Sequence[str]) -> int:
    """Save the traceback where a person can send it from, say where, and return 3."""
    # Not at the top: the model brings the whole CSV format with it, and `--version` shall answer at once.
    from sisdrop.model import iso, now_utc, stamp

    text = "\n".join(
        [
            f"sisdrop {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"at {iso(now_utc())}, command: {' '.join(argv[:1])}",
            "",
            *traceback.format_exception(error),
        ]
    )
    try:
        folder = _bug_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        report = folder / f"error-{stamp(now_utc())}-{os.getpid()}.txt"
        # A traceback may quote a cell of a file: for our own eyes, and never into a file that was waiting there.
        report.touch(mode=0o600, exist_ok=False)
        report.write_text(text, encoding="utf-8")
        where = f"the traceback is in {report}"
    except OSError:
        click.echo(text, err=True)
        where = "the traceback is above"
    click.echo(f"sisdrop: internal error: {type(error).__name__}; this is a bug, {where}.", err=True)
    return 3


_state_folder: Path | None = None


def remember_state_folder(folder: Path) -> None:
    """Tell the last net where state/ is, once a command has read the configuration."""
    global _state_folder
    _state_folder = folder


def _bug_folder() -> Path:
    # Before there is one: a new folder of ours alone, for everybody may write where temporary files are.
    return _state_folder or Path(tempfile.mkdtemp(prefix="sisdrop-"))
