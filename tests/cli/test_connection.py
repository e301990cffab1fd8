import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from cli.connection import Api, Refused, Unreachable
from cli.failure import Failure, one_line, printable


def test_nobody_answers(run_offline: Callable[..., Any]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        result = run_offline("--server", url, "get", "cam")
    assert result.stderr == (
        f"error: no controller answers at {url} (Connection refused): "
        "start one with `fleet up`, or name another with --server\n"
    )
    assert result.exit_code == 1


def test_a_name_that_does_not_exist(run_offline: Callable[..., Any]) -> None:
    result = run_offline("--server", "http://no-such-host.invalid:8420", "status")
    assert "error: no controller answers at http://no-such-host.invalid:8420 (" in result.stderr


@pytest.mark.parametrize(
    "url", ["", "ftp://a", "http://", "http://a:b", "http://a:99999", "http://a/path", "http://[::1"]
)
def test_what_is_no_address(run_offline: Callable[..., Any], url: str) -> None:
    result = run_offline("--server", url, "get", "cam")
    assert "is no address such as http://127.0.0.1:8420" in result.stderr
    assert result.exit_code == 1


def test_the_scheme_may_be_left_out(small_fleet: Any, run_offline: Callable[..., Any]) -> None:
    assert run_offline("--server", f"127.0.0.1:{small_fleet.port}", "get", "cam/lobby", "-o", "name").exit_code == 0


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (200, "text/html", b"<html>a router's page</html>"),
        (404, "text/html", b"not here"),
        (200, "application/json", b'{"kind": '),
        (200, "application/json", b"[]"),
        (200, "application/json", b"null"),
        (502, "text/plain", b"bad gateway"),
        (200, "application/json", b"\xff\xfe"),
        (200, "application/json", b'{"kind":"Table"}'),
    ],
)
@pytest.mark.parametrize(
    "words", [("get", "cam"), ("get", "cam", "-o", "json"), ("status",), ("events",), ("describe", "cam")]
)
def test_answers_that_are_none(
    nonsense: Callable[..., str],
    run_offline: Callable[..., Any],
    status: int,
    content_type: str,
    body: bytes,
    words: tuple[str, ...],
) -> None:
    result = run_offline("--server", nonsense(status, content_type, body), *words)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in (0, 1)
    if result.exit_code:
        assert result.stderr.startswith("error: ")


def test_a_page_is_not_taken_for_a_controller(nonsense: Callable[..., str]) -> None:
    url = nonsense(200, "text/html", b"<html>")
    with pytest.raises(Failure, match="answers with 200 and text/html, as no fleet controller does"):
        Api(url).get("/apis")


def test_causes_of_a_refusal_are_named(nonsense: Callable[..., str]) -> None:
    body = (
        b'{"kind":"Status","reason":"Invalid","message":"no","details":{"causes":[{"field":"spec.x","message":"odd"}]}}'
    )
    with pytest.raises(Refused) as refused:
        Api(nonsense(422, "application/json", body)).get("/apis")
    assert refused.value.message == "the controller says Invalid: no\n  spec.x: odd"
    assert refused.value.status == 422


def test_a_server_that_says_nothing(run_offline: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        api = Api(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.2)
        with pytest.raises(Unreachable, match=r"no answer from http://127\.0\.0\.1:\d+ in 0\.2 s"):
            api.get("/version")


def test_a_server_that_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            connection, _ = rude.accept()
            connection.recv(1024)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(Unreachable, match="broke off"):
            Api(f"http://127.0.0.1:{rude.getsockname()[1]}").get("/version")
        thread.join()


def test_text_from_elsewhere_cannot_act() -> None:
    assert printable("a\x1b[2J\tb\x9bc\u2066") == "a\\x1b[2J\\x09b\\x9bc\\x2066"
    assert one_line("a\n  b " + "c" * 300, 10) == "a b ccccc…"
