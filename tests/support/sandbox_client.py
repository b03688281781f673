"""A plain client of the sandbox for its tests: requests, nothing of sisdrop's own client."""

from __future__ import annotations

import socket
from typing import Any

import requests

from canvas_sandbox import Sandbox

USERS = b"user_id,login_id,status\nu1,u1,active\n"
COURSES = b"course_id,short_name,long_name,status\nc1,C 1,Course one,active\n"
ENROLLMENTS = b"course_id,user_id,role,status\nc1,u1,student,active\nc1,u2,teacher,active\nc1,nobody,student,active\n"
PEOPLE = USERS + b"u2,u2,active\n"


def rows(count: int) -> bytes:
    """A users file of that many rows."""
    return b"user_id,login_id,status\n" + b"".join(b"u%d,u%d,active\n" % (n, n) for n in range(count))


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other end closes, or breaks, the connection."""
    answer = b""
    try:
        while block := connection.recv(65536):
            answer += block
    except ConnectionError:
        pass
    return answer


class Client:
    """Requests with the sandbox's token; a path without a leading slash is below the account's SIS imports."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {sandbox.token}"

    def close(self) -> None:
        self.session.close()

    def url(self, path: str) -> str:
        return self.sandbox.url + (
            path if path.startswith("/") else f"/api/v1/accounts/self/sis_imports{'/' * bool(path)}{path}"
        )

    def call(self, method: str, path: str = "", **more: Any) -> requests.Response:
        return self.session.request(method, self.url(path), timeout=20, **more)

    def get(self, path: str = "", **more: Any) -> requests.Response:
        return self.call("GET", path, **more)

    def put(self, path: str, **more: Any) -> requests.Response:
        return self.call("PUT", path, **more)

    def raw(self, data: bytes) -> bytes:
        """Send these very bytes; whatever comes back until the sandbox closes the connection."""
        with self.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

    def connect(self) -> socket.socket:
        host, port = self.sandbox.url.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), timeout=20)

    def upload(self, content: bytes = USERS, name: str = "users.csv", **options: Any) -> requests.Response:
        return self.call("POST", files={"attachment": (name, content)}, data=options)

    def created(self, content: bytes = USERS, name: str = "users.csv", **options: Any) -> int:
        answer = self.upload(content, name, **options)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["id"])

    def imported(self, content: bytes = USERS, name: str = "users.csv", **options: Any) -> dict[str, Any]:
        import_id = self.created(content, name, **options)
        self.sandbox.wait_for_end(import_id)
        return self.show(import_id)

    def show(self, import_id: int) -> dict[str, Any]:
        answer: dict[str, Any] = self.get(str(import_id)).json()
        return answer

    def ids(self, **params: Any) -> list[int]:
        return [item["id"] for item in self.get(params=params).json()["sis_imports"]]
