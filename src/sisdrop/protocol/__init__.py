"""Requests to Canvas and its answers as values; which answer means what.

Room: pure; opens nothing and knows no clock. `requests` says how Canvas is asked, `answers` what an answer to that
means for us, `imports` reads a SIS import, `options` its options and their echo, `lookup` finds the import whose
answer was lost. Facts are those of Canvas's public API documentation and public source.
"""

from sisdrop.protocol.answers import Answer, Judgement, Verdict, judge, judge_no_response, same_origin
from sisdrop.protocol.imports import (
    PENDING,
    RUNNING,
    TERMINAL,
    CanvasUser,
    Progress,
    SisImport,
    inline_messages,
    original_file,
    read_import,
    scrub,
)
from sisdrop.protocol.lookup import candidates, confirms, made_before
from sisdrop.protocol.options import echo_mismatches, request_params
from sisdrop.protocol.unfinished import blocking, is_orphan

__all__ = [
    "PENDING",
    "RUNNING",
    "TERMINAL",
    "Answer",
    "CanvasUser",
    "Judgement",
    "Progress",
    "SisImport",
    "Verdict",
    "blocking",
    "candidates",
    "confirms",
    "echo_mismatches",
    "inline_messages",
    "is_orphan",
    "judge",
    "judge_no_response",
    "made_before",
    "original_file",
    "read_import",
    "request_params",
    "same_origin",
    "scrub",
]
