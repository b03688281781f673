"""What a drop would change, shown: at a terminal, as JSON for scripts, as a page to pass on.

Room: pure; makes text of the values it is given. None of it names people: it shows counts, columns, file names, and
ids of courses, sections, terms and accounts.
"""

from sisdrop.plan.data import as_data
from sisdrop.plan.outlook import Outlook
from sisdrop.plan.page import as_page
from sisdrop.plan.terminal import as_text

__all__ = ["Outlook", "as_data", "as_page", "as_text"]
