"""Requests to Canvas and its answers as values; which answer means what.

Room: pure; opens nothing and knows no clock. `requests` says how Canvas is asked, `answers` what an answer to that
means for us, `imports` reads a SIS import, `options` its options and their echo, `lookup` finds the import whose
answer was lost, `diffing` what Canvas says of not having diffed. Facts are those of Canvas's public API documentation
and public source.
"""

from sisdrop.protocol.diffing import not_diffed
from sisdrop.protocol.imports import (
    ORPHAN_AGE,
    RESTORED,
    RUNNING,
    Listing,
    Progress,
    SisImport,
    blocking,
    inline_messages,
    made_before,
    original_file,
    read_import,
    scrub,
)
from sisdrop.protocol.lookup import candidates, confirms, holds_files, markers_of, why_not_ours
from sisdrop.protocol.options import echo_mismatches

__all__ = [
    "ORPHAN_AGE",
    "RESTORED",
    "RUNNING",
    "Listing",
    "Progress",
    "SisImport",
    "blocking",
    "candidates",
    "confirms",
    "echo_mismatches",
    "holds_files",
    "inline_messages",
    "made_before",
    "markers_of",
    "not_diffed",
    "original_file",
    "read_import",
    "scrub",
    "why_not_ours",
]
