"""A library of nights: what an SIS drops on good ones and on bad ones, as data.

`nights()` lists them; `pasts` has the feeds they come to. What becomes of a night is tried in two ways: `verdict.py`
asks preflight, comparison and guards in milliseconds, `campaign.py` lets sisdrop take it against the sandbox.
"""

from tests.support.nights import bad_counts, bad_form, bad_rows, good, good_form, unseen
from tests.support.nights.night import Kind, Night, Past, Week, nights
from tests.support.nights.pasts import PASTS, past

__all__ = [
    "PASTS",
    "Kind",
    "Night",
    "Past",
    "Week",
    "bad_counts",
    "bad_form",
    "bad_rows",
    "good",
    "good_form",
    "nights",
    "past",
    "unseen",
]
