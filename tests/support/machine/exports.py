"""What is dropped: small exports of every kind, each with a token of its own."""

from __future__ import annotations

import io
import zipfile


def content_of(kind: str, token: str) -> tuple[str, bytes]:
    """The name and the bytes of a drop of that kind."""
    users = "user_id,login_id,first_name,last_name,status\n"
    match kind:
        case "users":
            return "users.csv", f"{users}{token},{token},Ada,Ashgrove,active\n".encode()
        case "dated users":
            return (
                f"users_202611{int(token[1:6]) % 28 + 1:02}.csv",
                f"{users}{token},{token},Bo,Birch,active\n".encode(),
            )
        case "mistaken users":
            return "users.csv", f"{users}{token},,Ada,Ashgrove,active\n".encode()
        case "courses":
            return "courses.csv", f"course_id,short_name,long_name,status\n{token},ALG,Algebra 9,active\n".encode()
        case "enrollments":  # of a user and a course that Canvas does not know: imported with messages
            head = "course_id,user_id,role,status\n"
            return "enrollments.csv", f"{head}C-{token},{token},student,active\n".encode()
        case "zip":
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("users.csv", f"{users}{token},{token},Cleo,Cress,active\n")
                archive.writestr("courses.csv", f"course_id,short_name,long_name,status\n{token},BIO,Biology,active\n")
            return "export.zip", packed.getvalue()
        case _:
            return "broken.zip", b"PK\x03\x04 no archive " + token.encode() + b"PK\x05\x06" + bytes(18)


KINDS = ("users", "dated users", "mistaken users", "courses", "enrollments", "zip", "broken zip")
