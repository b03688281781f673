"""Asking Canvas: lists, messages, the error report, abort and restore, against scripted answers on loopback."""

from __future__ import annotations

import logging
import socket
from urllib.parse import parse_qsl, urlsplit

import pytest

from canvas_sis_csv.model import Level
from sisdrop.canvas.transport import Call, Transport
from sisdrop.errors import CanvasRefused, CanvasUnavailable, OutcomeUnknown, RefusalKind, StateError
from sisdrop.protocol import read_import
from tests.support.canvas_client import PAGE, canvas_at, import_json
from tests.support.scripted import Act, Scripted, answer, json_answer, says


class TestAsking:
    @pytest.mark.parametrize(
        ("act", "waits"),
        [
            (Act(answer("429 Too Many", headers={"Retry-After": "7"})), 7),
            (Act(answer("403 Forbidden", "403 Forbidden (Rate Limit Exceeded)\n")), None),
            (Act(answer("503 x", headers={"Retry-After": "Mon, 23 Nov 2026 04:16:02 GMT"})), 60),
            (Act(answer("503 x", headers={"Retry-After": "999999999"})), 3600),
            (Act(answer("503 x", headers={"Retry-After": "-5"})), 0),
            (Act(answer("502 x", "<html>")), None),
            (Act(answer("500 x")), None),
            (Act(answer("200 OK", '{"sis_imports": [')), None),
            (Act(answer("200 OK")), None),
            (Act(b"HTTP/1.1 20", end="close"), None),
        ],
        ids=lambda one: repr(one.reply[:20]) if isinstance(one, Act) else "",
    )
    def test_what_only_reads_may_be_repeated_later_whatever_went_wrong(self, act, waits):
        with Scripted([act]) as server, canvas_at(server.url) as canvas, pytest.raises(CanvasUnavailable) as caught:
            canvas.get(8123)
        assert caught.value.retry_after_s == waits

    @pytest.mark.parametrize("act", [Act(PAGE), Act(answer("302 Found", headers={"Location": "/login"}))])
    def test_a_login_page_instead_of_data_means_a_wrong_address(self, act):
        with Scripted([act]) as server, canvas_at(server.url) as canvas:
            with pytest.raises(CanvasRefused) as caught:
                canvas.get(8123)
            assert caught.value.kind is RefusalKind.ADDRESS
            assert len(server.requests) == 1

    def test_a_dead_kept_alive_connection_is_replaced_without_a_word(self):
        closing = Act(json_answer({"id": 7}), end="close")
        with Scripted([closing, says({"id": 8})]) as server, canvas_at(server.url) as canvas:
            assert canvas.me().id == 7
            assert canvas.me().id == 8

    def test_a_kept_alive_connection_that_dies_on_the_next_question_is_replaced_without_a_word(self):
        with Scripted([says({"id": 7}), Act(end="reset"), says({"id": 8})]) as server, canvas_at(server.url) as canvas:
            assert canvas.me().id == 7
            assert canvas.me().id == 8
            assert [one.connection for one in server.requests] == [1, 1, 2]

    @pytest.mark.parametrize(("idle_s", "connections"), [(29.0, [1, 1]), (31.0, [1, 2])])
    def test_a_connection_idle_for_more_than_half_a_minute_is_not_used_again(self, idle_s, connections):
        clock = [100.0]
        transport = Transport(user_agent="x", timeout_s=5.0, ca_file=None, monotonic=lambda: clock[0])
        with Scripted([says({"id": 7}), says({"id": 7})]) as server:
            transport.ask(Call("GET", server.url, 5.0))
            clock[0] += idle_s
            transport.ask(Call("GET", server.url, 5.0))
            assert [one.connection for one in server.requests] == connections
        transport.close()

    def test_a_silent_server_is_not_asked_twice(self):
        with Scripted([says({"id": 7}), Act(end="hang")]) as server, canvas_at(server.url, timeout_s=0.6) as canvas:
            canvas.me()
            with pytest.raises(CanvasUnavailable, match="nothing came"):
                canvas.me()
            assert len(server.requests) == 2

    def test_a_new_connection_that_dies_is_not_tried_twice(self):
        with Scripted([Act(end="reset"), says({"id": 8})]) as server, canvas_at(server.url) as canvas:
            with pytest.raises(CanvasUnavailable, match="reset"):
                canvas.me()
            assert len(server.requests) == 1

    def test_the_servers_clock_is_told(self):
        with Scripted([says({"id": 7})]) as server, canvas_at(server.url) as canvas:
            assert canvas.server_time is None
            canvas.me()
            assert canvas.server_time == "2026-11-23T04:15:02Z"

    def test_header_names_may_have_any_case(self):
        shouting = {"RETRY-AFTER": "9"}
        with (
            Scripted([Act(answer("429 x", headers=shouting))]) as server,
            canvas_at(server.url) as canvas,
            pytest.raises(CanvasUnavailable) as caught,
        ):
            canvas.me()
        assert caught.value.retry_after_s == 9

    def test_cookies_are_not_kept(self):
        with Scripted([says({"id": 7}, headers={"Set-Cookie": "canvas_session=x; path=/"}), says({"id": 7})]) as server:
            with canvas_at(server.url) as canvas:
                canvas.me()
                canvas.me()
            assert "cookie" not in server.requests[1].headers

    def test_an_account_with_a_slash_stays_one_part_of_the_path(self):
        with Scripted([says({"id": 1})]) as server, canvas_at(server.url, account="sis_account_id:a/b c") as canvas:
            canvas.account()
            assert server.requests[0].target == "/api/v1/accounts/sis_account_id:a%2Fb%20c"


def listed(*imports, link=None):
    return says({"sis_imports": list(imports)}, headers={"Link": link} if link else None)


class TestLists:
    def test_unfinished_is_all_that_is_not_terminal_from_three_questions(self):
        with Scripted() as server, canvas_at(server.url) as canvas:
            more = f'<{server.url}/more?page=2>; rel="next",<{server.url}/x>; rel="first"'
            server.then(
                listed(import_json(9), import_json(8, "importing"), link=more),
                listed(import_json(3, "initializing")),
                listed(import_json(8, "importing")),
                listed(import_json(11, "dreaming"), import_json(9, "imported"), import_json(7, "aborted")),
            )
            found = canvas.unfinished()
            filtered, page_two, importing, newest = (urlsplit(one.target) for one in server.requests)
        assert [(one.id, one.workflow_state) for one in found] == [
            (3, "initializing"),
            (8, "importing"),
            (11, "dreaming"),
        ]
        assert sorted(state for name, state in parse_qsl(filtered.query) if name == "workflow_state[]") == [
            "cleanup_batch",
            "created",
            "importing",
            "initializing",
            "restoring",
        ]
        assert page_two.path == "/more"
        assert importing.path.endswith("/importing")
        assert dict(parse_qsl(newest.query)) == {"per_page": "100"}

    def test_a_next_page_on_another_server_is_refused_and_never_asked(self):
        with Scripted() as other, Scripted() as server, canvas_at(server.url) as canvas:
            server.then(listed(import_json(), link=f'<{other.url}/api/v1/x?page=2>; rel="next"'))
            with pytest.raises(CanvasRefused) as caught:
                canvas.imports_above(None)
            assert caught.value.kind is RefusalKind.ADDRESS
            assert other.requests == []

    def test_pages_that_go_round_in_a_circle_end(self):
        with Scripted() as server, canvas_at(server.url) as canvas:
            here = f"{server.url}/api/v1/accounts/self/sis_imports?per_page=100"
            server.then(listed(import_json(), link=f'<{here}>; rel="next"'))
            with pytest.raises(CanvasUnavailable, match="circle"):
                canvas.imports_above(None)

    def test_pages_without_end_are_not_a_whole_list(self):
        with Scripted() as server, canvas_at(server.url) as canvas:
            pages = [listed(import_json(900 - i), link=f'<{server.url}/p{i}>; rel="next"') for i in range(60)]
            server.then(*pages)
            listing = canvas.imports_above(500)
            assert len(server.requests) == 50
        assert not listing.is_whole
        assert len(listing.imports) == 50

    def test_the_list_is_read_down_to_an_import_that_was_seen_before_and_no_time_is_asked_for(self):
        with Scripted() as server, canvas_at(server.url) as canvas:
            server.then(
                listed(import_json(9), import_json(8), link=f'<{server.url}/p2>; rel="next"'),
                listed(import_json(7), import_json(6), link=f'<{server.url}/p3>; rel="next"'),
            )
            listing = canvas.imports_above(7)
            query = dict(parse_qsl(urlsplit(server.requests[0].target).query))
        assert [one.id for one in listing.imports] == [9, 8, 7, 6]
        assert listing.is_whole
        assert query == {"per_page": "100"}

    def test_an_import_that_seems_older_than_it_is_is_still_in_the_list(self):
        with Scripted() as server, canvas_at(server.url) as canvas:
            server.then(listed(import_json(8), import_json(7), import_json(9), import_json(6)))
            assert [one.id for one in canvas.imports_above(8).imports] == [9, 8, 7, 6]

    @pytest.mark.parametrize(
        ("ids", "above"),
        [
            pytest.param([5, 4], 6, id="a copy of the database lags behind"),
            pytest.param([9, 8], 6, id="the next page is not named"),
            pytest.param([], 6, id="nothing at all"),
            pytest.param(range(100, 0, -1), None, id="a full page, and the next one is not named"),
        ],
    )
    def test_a_list_that_does_not_reach_what_was_seen_before_is_not_whole(self, ids, above):
        with Scripted([listed(*map(import_json, ids))]) as server, canvas_at(server.url) as canvas:
            listing = canvas.imports_above(above)
        assert not listing.is_whole
        assert len(listing.imports) == len(ids)

    @pytest.mark.parametrize(("ids", "above"), [([9, 6, 5], 6), ([6], 6), ([9, 8], None), ([], None)])
    def test_a_list_that_goes_down_to_what_was_seen_before_or_to_the_first_is_whole(self, ids, above):
        with Scripted([listed(*map(import_json, ids))]) as server, canvas_at(server.url) as canvas:
            assert canvas.imports_above(above).is_whole

    def test_the_newest_id_is_known_and_none_when_there_is_no_import(self):
        with (
            Scripted([listed(import_json("12"), import_json(13)), listed()]) as server,
            canvas_at(server.url) as canvas,
        ):
            assert canvas.newest_imports().newest_id == 13
            assert canvas.newest_imports().newest_id is None

    def test_whose_the_token_is_is_asked_once_and_may_be_refused(self):
        no = says({"errors": [{"message": "Insufficient scopes on access token."}]}, "401 Unauthorized")
        with Scripted([no, says({"id": 7})]) as server, canvas_at(server.url) as canvas:
            assert [canvas.user_id(), canvas.user_id(), canvas.user_id()] == [None, 7, 7]
            assert len(server.requests) == 2


def told(file, message, row=None):
    return {"sis_import_id": 8123, "file": file, "message": message, "row": row}


def ended(**counts):
    return says(import_json(state="failed_with_messages", data={"counts": counts}))


class TestMessages:
    def test_errors_are_told_from_warnings_by_asking_for_them_alone(self):
        everything = [told("u.csv", "No login", 4), told("c.csv", "Malformed CSV"), told(None, "No login", "5")]
        with Scripted() as server, canvas_at(server.url) as canvas:
            server.then(
                ended(error_count=1, warning_count=2),
                says({"sis_import_errors": [told("c.csv", "Malformed CSV")]}),
                says({"sis_import_errors": everything[:2]}, headers={"Link": f"<{server.url}/p2>;rel=next"}),
                says({"sis_import_errors": everything[2:]}),
            )
            messages = list(canvas.errors(8123))
            assert "failure=true" in server.requests[1].target
            assert "failure" not in server.requests[2].target
        assert [(one.level, one.file, one.row, one.message) for one in messages] == [
            (Level.WARNING, "u.csv", 4, "No login"),
            (Level.ERROR, "c.csv", None, "Malformed CSV"),
            (Level.WARNING, None, 5, "No login"),
        ]

    def test_without_errors_they_are_not_asked_for(self):
        with Scripted([ended(error_count=0), says({"sis_import_errors": [told("u.csv", "x")]})]) as server:
            with canvas_at(server.url) as canvas:
                assert [one.level for one in canvas.errors(8123)] == [Level.WARNING]
            assert len(server.requests) == 2

    def test_on_a_server_that_cannot_filter_the_errors_in_the_answer_itself_count(self):
        both = says({"sis_import_errors": [told("u.csv", "No login"), told("c.csv", "Malformed CSV")]})
        first = import_json(data={"counts": {"error_count": 1}}, processing_errors=[["c.csv", "Malformed CSV"]])
        with Scripted([says(first), both, both]) as server, canvas_at(server.url) as canvas:
            assert [one.level for one in canvas.errors(8123)] == [Level.WARNING, Level.ERROR]


class TestAbortAndRestore:
    def test_an_aborted_import_is_returned_as_it_stands(self):
        with Scripted([says(import_json(state="aborted"))]) as server, canvas_at(server.url) as canvas:
            assert canvas.abort(8123).workflow_state == "aborted"
            assert server.requests[0].method == "PUT"
            assert server.requests[0].target == "/api/v1/accounts/self/sis_imports/8123/abort"

    def test_one_that_has_ended_already_is_left_as_it_is(self):
        gone = says({"errors": [{"message": "The specified resource does not exist."}]}, "404 Not Found")
        with Scripted([gone, says(import_json(state="imported"))]) as server, canvas_at(server.url) as canvas:
            assert canvas.abort(8123).workflow_state == "imported"

    def test_a_lost_answer_to_an_abort_is_looked_up(self):
        with (
            Scripted([Act(end="close"), says(import_json(state="aborted"))]) as server,
            canvas_at(server.url) as canvas,
        ):
            assert canvas.abort(8123).workflow_state == "aborted"

    def test_an_abort_that_did_not_take_effect_may_be_repeated(self):
        with (
            Scripted([Act(end="close"), says(import_json(state="importing"))]) as server,
            canvas_at(server.url) as canvas,
            pytest.raises(CanvasUnavailable),
        ):
            canvas.abort(8123)

    def test_restore_states_is_begun_and_followed(self):
        begun = {"id": 5, "workflow_state": "queued", "completion": 0}
        over = {"id": 5, "workflow_state": "completed", "completion": 100}
        with Scripted([says(begun), says(over)]) as server, canvas_at(server.url) as canvas:
            progress = canvas.restore_states(8123, undelete_only=True)
            assert not progress.is_over
            assert canvas.progress(progress.id).is_over
            assert server.requests[0].target.endswith("/8123/restore_states?undelete_only=true")
            assert server.requests[1].target == "/api/v1/progress/5"

    def test_a_lost_answer_to_a_restore_is_not_repeated(self):
        with Scripted([Act(end="close")]) as server, canvas_at(server.url) as canvas, pytest.raises(OutcomeUnknown):
            canvas.restore_states(8123)

    def test_flags_that_exclude_each_other_are_refused_in_canvas_s_own_words(self):
        bare = Act(answer("400 Bad Request", "cannot set both undelete_only and unconclude_only"))
        with (
            Scripted([bare]) as server,
            canvas_at(server.url) as canvas,
            pytest.raises(CanvasRefused, match="cannot set both") as caught,
        ):
            canvas.restore_states(8123, undelete_only=True, unconclude_only=True)
        assert caught.value.kind is RefusalKind.OPTIONS


CSV = b"sis_import_id,file,message,row\n8123,users.csv,No login,4\n"


class TestTheErrorReport:
    def finished(self, url):
        return says(import_json(state="imported_with_messages", errors_attachment={"id": 2, "url": url, "size": 99}))

    def test_it_is_fetched_through_other_hosts_without_the_token(self, tmp_path, caplog):
        caplog.set_level(logging.DEBUG)
        with Scripted() as storage, Scripted() as server, canvas_at(server.url) as canvas:
            fresh = f"{server.url}/files/2/download?verifier=fresh-secret"
            server.then(
                self.finished(fresh), Act(answer("302 Found", headers={"Location": f"{storage.url}/f?sig=x1y2"}))
            )
            storage.then(Act(answer("302 Found", headers={"Location": "/cache?sig=x1y2"})), Act(answer("200 OK", CSV)))
            known = read_import(import_json(errors_attachment={"url": f"{server.url}/files/2?verifier=stale"}))
            assert canvas.download_errors(known, tmp_path / "errors.csv") is True
            assert [one.target for one in server.requests[1:]] == ["/files/2/download?verifier=fresh-secret"]
            assert "authorization" not in server.requests[1].headers
            assert [one.headers.get("authorization") for one in storage.requests] == [None, None]
        assert (tmp_path / "errors.csv").read_bytes() == CSV
        assert list(tmp_path.iterdir()) == [tmp_path / "errors.csv"]
        assert "secret" not in caplog.text
        assert "x1y2" not in caplog.text

    def test_it_may_not_be_there_yet(self, tmp_path):
        with Scripted([says(import_json(state="imported_with_messages"))]) as server, canvas_at(server.url) as canvas:
            assert canvas.download_errors(read_import(import_json()), tmp_path / "errors.csv") is False

    @pytest.mark.parametrize(
        "act",
        [
            Act(PAGE),
            Act(answer("404 Not Found")),
            Act(answer("503 x")),
            Act(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nsis_import", end="close"),
            Act(answer("302 Found", headers={"Location": "http://storage.invalid/x"})),
            Act(answer("302 Found", headers={"Location": "ftp://127.0.0.1/x"})),
        ],
    )
    def test_what_keeps_it_from_coming_is_no_error_and_leaves_no_file(self, act, tmp_path):
        with Scripted() as server, canvas_at(server.url) as canvas:
            server.then(self.finished("/files/2/download"), act)
            assert canvas.download_errors(read_import(import_json()), tmp_path / "errors.csv") is False
        assert list(tmp_path.iterdir()) == []

    def test_a_canvas_elsewhere_cannot_send_us_to_this_machines_own_ports(self, tmp_path, monkeypatch):
        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **more: real("127.0.0.1", *rest, **more))
        monkeypatch.setenv("no_proxy", "*")
        with Scripted() as own, Scripted() as server:
            elsewhere = server.url.replace("127.0.0.1", "canvas.school.invalid")
            with canvas_at(elsewhere) as canvas:
                for inside in (own.url, own.url.replace("http:", "https:")):
                    server.then(self.finished(f"{inside}/metrics"))
                    assert canvas.download_errors(read_import(import_json()), tmp_path / "errors.csv") is False
            assert own.requests == []
        assert list(tmp_path.iterdir()) == []

    def test_an_answer_that_broke_off_leaves_nothing_in_the_report(self, tmp_path):
        broken = Act(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nsis_import", end="close")
        with Scripted() as server, canvas_at(server.url) as canvas:
            server.then(self.finished("/files/2"), broken, Act(answer("200 OK", CSV)))
            assert canvas.download_errors(read_import(import_json()), tmp_path / "errors.csv") is True
        assert (tmp_path / "errors.csv").read_bytes() == CSV

    def test_redirects_without_end_are_given_up(self, tmp_path):
        with Scripted() as server, canvas_at(server.url) as canvas:
            server.then(self.finished("/files/2"), *[Act(answer("302 Found", headers={"Location": "/files/2"}))] * 9)
            assert canvas.download_errors(read_import(import_json()), tmp_path / "errors.csv") is False
            assert len(server.requests) == 7

    def test_a_disk_that_cannot_take_it_is_told_as_our_own_trouble(self, tmp_path):
        with Scripted() as server, canvas_at(server.url) as canvas:
            server.then(self.finished("/files/2"))
            with pytest.raises(StateError):
                canvas.download_errors(read_import(import_json()), tmp_path / "no such folder" / "errors.csv")
