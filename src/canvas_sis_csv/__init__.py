"""Canvas's SIS CSV format: reading as Canvas reads, columns and rules as data, the preflight.

Room: reads the files it is given and writes nothing. A rule is written once and serves preflight and sandbox alike.
"""

from canvas_sis_csv.drop import KnownIds, Member
from canvas_sis_csv.findings import Preflight
from canvas_sis_csv.model import Finding
from canvas_sis_csv.options import ImportOptions
from canvas_sis_csv.preflight import preflight
from canvas_sis_csv.recognise import recognise
from canvas_sis_csv.types import TYPES

__all__ = ["TYPES", "Finding", "ImportOptions", "KnownIds", "Member", "Preflight", "preflight", "recognise"]
