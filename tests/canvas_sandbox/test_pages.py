"""What people and integrations look up in the sandbox after an import: pages to read, and Canvas's GETs."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

import canvas_sandbox as sandbox
from tests.support.sandbox_client import Client

FILES = {
    "accounts.csv": "account_id,parent_account_id,name,status\n"
    "sci,,Sciences,active\nbio,sci,Biology,active\nold,,Old,deleted\n",
    "terms.csv": "term_id,name,status,start_date\nf26,Fall 2026,active,2026-08-20\n",
    "courses.csv": "course_id,short_name,long_name,account_id,term_id,status\n"
    "c1,BIO 1,<script>alert(1)</script> & more,bio,f26,active\nc2,ROOT,Root course,,,active\nc3,GONE,Gone,,,deleted\n",
    "sections.csv": "section_id,course_id,name,status\ns1,c1,Section A,active\n",
    "users.csv": "user_id,login_id,first_name,last_name,email,status\n"
    "u/1,ada,Ada,Ash,ada@larkspur.example,active\nu2,ben,Ben,Birch,,active\nu3,eve,Eve,Elm,,deleted\n",
    "enrollments.csv": "course_id,user_id,role,section_id,status\n"
    ",u/1,student,s1,active\nc1,u2,teacher,,active\nc2,u/1,student,,completed\nc9,u2,student,,active\n",
}


@pytest.fixture(scope="module")
def canvas() -> Iterator[Client]:
    with sandbox.start(speed="max") as running:
        client = Client(running)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, text in FILES.items():
                archive.writestr(name, text)
        body = client.imported(out.getvalue(), "feed.zip")
        assert body["workflow_state"] == "imported_with_messages"
        yield client
        client.close()


def _api(canvas: Client, path: str, **params: Any) -> Any:
    answer = canvas.get(f"/api/v1{path}", params=params)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


# GETs


def test_a_course_is_found_by_sis_id_and_by_canvas_id(canvas: Client) -> None:
    course = _api(canvas, "/courses/sis_course_id:c1")
    assert course["name"] == "<script>alert(1)</script> & more"
    assert (course["sis_course_id"], course["workflow_state"]) == ("c1", "unpublished")
    assert course["sis_import_id"] == canvas.ids()[0]
    assert _api(canvas, f"/courses/{course['id']}") == course
    assert _api(canvas, "/accounts/sis_account_id:bio")["id"] == course["account_id"]


def test_a_user_is_found_by_sis_id_even_with_a_slash_in_it(canvas: Client) -> None:
    user = _api(canvas, "/users/sis_user_id:u%2F1")
    assert (user["sortable_name"], user["login_id"], user["email"]) == ("Ash, Ada", "ada", "ada@larkspur.example")
    assert _api(canvas, f"/users/{user['id']}") == user


@pytest.mark.parametrize(
    "path",
    [
        "/courses/sis_course_id:c3", "/courses/sis_course_id:", "/courses/x", "/courses/99999999999999999999999",
        "/users/sis_user_id:u3", "/users/sis_user_id:none", "/users/٣", "/accounts/sis_account_id:old", "/accounts/99",
        "/sections/sis_section_id:none", "/sections/7", "/users/self/tokens/other", "/progress/1", "/nothing",
    ],
)  # fmt: skip
def test_what_is_deleted_or_was_never_there_is_not_found(canvas: Client, path: str) -> None:
    assert canvas.get(f"/api/v1{path}").status_code == 404


def test_enrollments_are_active_ones_unless_a_state_is_asked_for(canvas: Client) -> None:
    active = _api(canvas, "/courses/sis_course_id:c1/enrollments")
    assert [(item["sis_user_id"], item["type"], item["sis_section_id"]) for item in active] == [
        ("u/1", "StudentEnrollment", "s1"),
        ("u2", "TeacherEnrollment", None),
    ]
    assert {item["sis_course_id"] for item in active} == {"c1"}
    assert _api(canvas, "/courses/sis_course_id:c2/enrollments") == []
    done = _api(canvas, "/courses/sis_course_id:c2/enrollments", **{"state[]": "completed"})
    assert [item["enrollment_state"] for item in done] == ["completed"]
    assert len(_api(canvas, "/users/sis_user_id:u%2F1/enrollments", **{"state[]": ["active", "completed"]})) == 2
    assert _api(canvas, "/users/self/enrollments") == []


def test_lists_of_an_account_hold_what_is_in_it_and_below(canvas: Client) -> None:
    assert {item["sis_course_id"] for item in _api(canvas, "/accounts/self/courses")} == {"c1", "c2"}
    assert [item["sis_course_id"] for item in _api(canvas, "/accounts/sis_account_id:sci/courses")] == ["c1"]
    assert [item["sis_user_id"] for item in _api(canvas, "/accounts/self/users")] == ["u/1", "u2"]
    assert [item["sis_account_id"] for item in _api(canvas, "/accounts/self/sub_accounts")] == ["sci"]
    deep = _api(canvas, "/accounts/self/sub_accounts", recursive="true")
    assert [item["sis_account_id"] for item in deep] == ["sci", "bio"]
    terms = _api(canvas, "/accounts/self/terms")["enrollment_terms"]
    assert [(item["sis_term_id"], item["start_at"]) for item in terms] == [
        (None, None),
        ("f26", "2026-08-20T00:00:00Z"),
    ]
    sections = _api(canvas, "/courses/sis_course_id:c1/sections")
    assert ("s1", "c1") in [(item["sis_section_id"], item["sis_course_id"]) for item in sections]
    assert _api(canvas, "/sections/sis_section_id:s1")["name"] == "Section A"


@pytest.mark.parametrize(
    "path", ["/accounts/self/courses", "/accounts/self/users", "/accounts/self/sub_accounts", "/accounts/self/terms"]
)
def test_lists_are_paged(canvas: Client, path: str) -> None:
    answer = canvas.get(f"/api/v1{path}", params={"per_page": 1, "recursive": 1})
    seen = 1
    while "next" in answer.links:
        answer = canvas.session.get(answer.links["next"]["url"])
        seen += 1
    assert seen == {"courses": 2, "users": 3, "sub_accounts": 2, "terms": 2}[path.rsplit("/", 1)[1]]


def test_sis_imports_belong_to_the_root_account_alone(canvas: Client) -> None:
    for account in ("sis_account_id:bio", "hex:sis_account_id:62696f", "sis_account_id:sci"):
        answer = canvas.get(f"/api/v1/accounts/{account}/sis_imports", headers={"Authorization": None})
        assert answer.json() == {"errors": ["SIS imports can only be executed on root accounts"]}, (
            "even without a token"
        )
        assert answer.status_code == 400
    uuid = _api(canvas, "/accounts/self")["uuid"]
    assert canvas.get(f"/api/v1/accounts/uuid:{uuid}/sis_imports").status_code == 200


def test_the_token_can_be_looked_at_but_not_read(canvas: Client) -> None:
    (token,) = _api(canvas, "/users/self/user_generated_tokens")
    assert token["token"] is None
    assert token["token_hint"] == canvas.sandbox.token[:5]
    assert _api(canvas, f"/users/self/tokens/{token['token_hint']}") == token


# pages


class _Reader(HTMLParser):
    """Collects what a browser would load or run, and the links."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given.get("href") or "")
        self.loaded += [name for name in ("src", "srcset", "action", "onclick") if name in given]
        self.loaded += [tag] * (tag in ("script", "link", "img", "iframe", "form", "object"))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "tags are nested"


def _page(canvas: Client, path: str) -> tuple[str, _Reader]:
    answer = canvas.get(path, headers={"Authorization": None})
    assert answer.status_code == 200, (path, answer.text)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    reader = _Reader()
    reader.feed(answer.text)
    assert (reader.open, reader.loaded) == ([], []), "whole, and nothing to load or run"
    return answer.text, reader


def test_every_page_can_be_reached_from_the_first_and_none_is_broken(canvas: Client) -> None:
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            _, reader = _page(canvas, path)
            waiting += [link for link in reader.links if link.startswith("/")]
    assert len(seen) == 5 + len(canvas.ids()) + 3 + 3, "five lists, the imports, three courses, three people"


def test_pages_show_what_was_imported_and_escape_it(canvas: Client) -> None:
    text, _ = _page(canvas, "/courses")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text
    text, _ = _page(canvas, "/accounts")
    assert re.findall(r"rem\">([^<]+)<", text) == ["Sandbox", "Sciences", "Biology", "Old"]
    text, _ = _page(canvas, f"/imports/{canvas.ids()[0]}")
    assert "enrollments.csv" in text
    assert "c9" in text
    text, _ = _page(canvas, "/people")
    assert "Ash, Ada" in text


def test_long_lists_have_pages(canvas: Client) -> None:
    made = canvas.imported(b"user_id,login_id,status\n" + b"".join(b",x%d,active\n" % n for n in range(120)))["id"]
    first, reader = _page(canvas, f"/imports/{made}")
    assert first.count("No user_id given") == 50
    assert reader.links[-1] == "?page=2"
    last, reader = _page(canvas, f"/imports/{made}?page=3")
    assert last.count("No user_id given") == 20
    assert reader.links[-1] == "?page=2"
    for odd in ("0", "-1", "x", "99999999999999999"):
        _page(canvas, f"/imports/{made}?page={odd}")


@pytest.mark.parametrize(
    "path", ["/imports/1", "/courses/77", "/people/77", "/imports/x", "/imports/8001/more", "/etc"]
)
def test_a_page_of_nothing_is_not_found(canvas: Client, path: str) -> None:
    assert canvas.get(path).status_code == 404


def test_an_empty_sandbox_has_pages_too() -> None:
    with sandbox.start(speed="max") as running:
        client = Client(running)
        for path in ("/", "/imports", "/accounts", "/courses", "/people"):
            _page(client, path)
        client.sandbox.set_faults([{"kind": "stuck"}])
        text, _ = _page(client, f"/imports/{client.created()}")
        assert 'http-equiv="refresh"' in text, "a page of an import that goes on renews itself"
        client.close()
