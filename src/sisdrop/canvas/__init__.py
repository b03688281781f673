"""Talk to one Canvas account; the only room with an outgoing socket.

`Canvas` is what the others use. `transport` moves bytes within bounds, `exchange` watches one request, `report`
fetches the error report; what an answer means is decided in `protocol`.
"""

from sisdrop.canvas.client import AccountSettings, Canvas, TokenReader

__all__ = ["AccountSettings", "Canvas", "TokenReader"]
