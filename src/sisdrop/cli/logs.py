"""The log: one event, one line, a fixed sentence and key=value. Commentary; the journal is the record.

Room: part of the command line; only here are handlers set.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path

from canvas_sis_csv.text import printable


class JsonLines(logging.Formatter):
    """One JSON object a line, for machines."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class TextLines(logging.Formatter):
    """`2026-11-23T04:15:02Z INFO sentence key=value`. What cannot be printed is escaped: names may hold anything."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; a traceback follows on lines of its own."""
        head = f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%SZ')} {record.levelname} "
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return head + printable(record.getMessage()) + trace


def set_up_logging(*, as_json: bool = False, verbose: bool = False, file: Path | None = None) -> None:
    """Log to stderr, where the service manager keeps it, or to `file`. Other libraries are heard from WARNING up."""
    handler = logging.StreamHandler(sys.stderr) if file is None else logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(JsonLines() if as_json else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("sisdrop").setLevel(logging.DEBUG if verbose else logging.INFO)
