"""Faults that show on the wire: another answer, a broken one, or none.

Room: pure; turns the faults that struck a request into what is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from canvas_sandbox.faults import Fault
from canvas_sandbox.http import message
from canvas_sandbox.http.message import Request, Response, Wire

CUT_AT = 12
"""`HTTP/1.1 200`: some clients take that for a whole answer."""
TOKEN_SAYS = {
    "invalid": "Invalid access token.",
    "expired": "Expired access token.",
    "revoked": "Revoked access token.",
}


def change_request(request: Request, faults: Sequence[Fault]) -> Request:
    """The request as the endpoints shall see it."""
    for fault in faults:
        if fault.kind == "page_size":
            request = replace(request, page_size=max(1, fault.get("size", 2)))
        elif fault.kind == "cut_list":
            request = replace(request, has_no_next=True)
        elif fault.kind == "stale_list":
            request = replace(request, hides=fault.get("hides", 1))
    return request


def late_s(faults: Sequence[Fault]) -> float:
    """How late the request is carried out, in seconds."""
    slow = (fault for fault in faults if fault.kind == "slow" and fault.get("when", "after") == "before")
    return sum(float(fault.get("seconds", 1)) for fault in slow)


def answer_before(faults: Sequence[Fault]) -> Response | None:
    """The answer that is given without carrying the request out, None when it is to be carried out."""
    for fault in faults:
        answer = _answer_instead(fault)
        if answer is not None:
            return _dress(faults, answer)
    return None


def _answer_instead(fault: Fault) -> Response | None:
    before = fault.get("when", "before") == "before"
    match fault.kind:
        case "drop_before_accept":
            return Response(0, wire=Wire.RESET if fault.get("early", False) else Wire.DROP)
        case "hang" if before:
            return _hang(fault)
        case "answer" if before:
            return _other_answer(fault)
        case "cut_status_line" if fault.get("when", "after") == "before":
            return Response(200, wire=Wire.CUT_STATUS_LINE, cut_at=fault.get("bytes", CUT_AT))
        case "throttle":
            return message.throttled(fault.get("style", 403))
        case "token":
            says = fault.get("says", "invalid")
            more = {"expired_at": "2026-01-31T00:00:00Z"} if says == "expired" else {}
            return message.bad_token(TOKEN_SAYS.get(says, TOKEN_SAYS["invalid"]), **more).response
        case "refuse":
            return _refuse(fault.get("says", "permission"))
        case _:
            return None


def change_answer(faults: Sequence[Fault], answer: Response) -> Response:
    """The answer to a request that was carried out, as it is sent."""
    for fault in faults:
        match fault.kind:
            case "accept_then_drop":
                answer = replace(answer, wire=Wire.DROP)
            case "hang":
                answer = _hang(fault)
            case "answer":
                answer = _other_answer(fault)
            case "cut_status_line":
                answer = replace(answer, wire=Wire.CUT_STATUS_LINE, cut_at=fault.get("bytes", CUT_AT))
            case "cut_body":
                answer = replace(answer, wire=Wire.CUT_BODY)
            case _:
                pass
    return _dress(faults, answer)


def _dress(faults: Sequence[Fault], answer: Response) -> Response:
    for fault in faults:
        if fault.kind == "header_case":
            answer = replace(answer, header_case=fault.get("case", "lower"))
        if fault.kind == "clock":
            answer = replace(answer, ahead_s=fault.get("ahead_s", 3600))
        if fault.kind == "slow" and fault.get("when", "after") == "after":
            answer = replace(answer, delay_s=float(fault.get("seconds", 1)))
    return answer


def _hang(fault: Fault) -> Response:
    seconds = fault.get("seconds", None)
    return Response(0, wire=Wire.HANG, delay_s=-1.0 if seconds is None else float(seconds))


def _other_answer(fault: Fault) -> Response:
    status = fault.get("status", 502)
    answer = message.gateway_error(status)
    if "body" in fault.details:
        answer = replace(answer, body=fault.get("body", "").encode())
    if "content_type" in fault.details:
        answer = replace(answer, content_type=fault.get("content_type", ""))
    return answer.with_headers(*((str(name), str(value)) for name, value in fault.get("headers", {}).items()))


def _refuse(says: str) -> Response:
    match says:
        case "permission_403":
            return message.not_permitted(403).response
        case "scope":
            return message.out_of_scope().response
        case "not_root":
            return message.not_a_root_account().response
        case "not_enabled":
            return message.imports_not_enabled().response
        case "user_agent":
            return message.no_user_agent().response
        case _:
            return message.not_permitted().response
