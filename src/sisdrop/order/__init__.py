"""Who is next in a lane, and who waits behind whom: the order of drops as data.

Room: pure; touches nothing. Sender, one pass and status ask the same `Line`, so that what people are shown is what
decides.
"""

from sisdrop.order.line import Behind, FeedRules, Line, rules_of
from sisdrop.order.mending import corrects, mends
from sisdrop.order.ranks import first_rank, last_rank

__all__ = ["Behind", "FeedRules", "Line", "corrects", "first_rank", "last_rank", "mends", "rules_of"]
