"""The port as others meet it: odd, slow, many, hostile."""

from __future__ import annotations

import json
import logging
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from pipeline.rest import server as server_module
from pipeline.rest.control import Verdict
from pipeline.rest.server import RestServer
from tests.pipeline.rest.stand import Client, DictControl, grey_frame, read_answer, result_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ADD = "/api/v1/stream/add"
RELOAD = "/api/v1/analytics/reload-config"
BODY = json.dumps({"value": {"camera_id": "a", "camera_url": "rtsp://h/1", "change": "camera_add"}}).encode()


def _head(*lines: str, path: str = ADD, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    "length",
    ["abc", "-5", "1e3", "", "0x10", "1_0", "+3", "٣", "99999999999999999999", "12, 12"],
)
def test_a_content_length_that_is_none(client: Client, control: DictControl, length: str) -> None:
    answer = client.send(_head("Host: localhost", f"Content-Length: {length}") + BODY)
    assert answer.status == 400
    assert answer.text == "Error 400: Bad Request\nthe Content-Length is not a number\n"
    assert control.streams() == ()


def test_two_lengths(client: Client, control: DictControl) -> None:
    same = f"Content-Length: {len(BODY)}"
    assert client.send(_head("Host: localhost", same, "Content-Length: 3") + BODY).status == 400
    assert control.streams() == ()
    assert client.send(_head("Host: localhost", same, same) + BODY).json["reason"] == "STREAM_ADD_SUCCESS"


def test_a_length_beside_chunks_is_not_believed(client: Client, control: DictControl) -> None:
    answer = client.send(_head("Host: localhost", "Transfer-Encoding: chunked", f"Content-Length: {len(BODY)}") + BODY)
    assert answer.json["reason"] == "Sensor API change string not supported"
    assert control.streams() == ()


def test_a_body_cut_short(client: Client, control: DictControl) -> None:
    with client.connect() as connection:
        connection.sendall(_head("Host: localhost", f"Content-Length: {len(BODY) + 1}") + BODY)
        connection.shutdown(socket.SHUT_WR)
        assert read_answer(connection).status == 400
    assert control.streams() == ()


def test_the_largest_body(client: Client) -> None:
    fits = BODY + b" " * (64 * 1024 - len(BODY))
    assert client.ask(ADD, "POST", fits).json["reason"] == "STREAM_ADD_SUCCESS"
    # Its answer arrives although nobody has read the body, however long the client goes on.
    for length in (64 * 1024 + 1, 900_000):
        answer = client.ask(ADD, "POST", b" " * length)
        assert (answer.status, answer.text.splitlines()[1]) == (413, "the body must not be longer than 65536 bytes")


def test_a_long_chunked_body_gets_its_answer_too(client: Client) -> None:
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (500_000, b"x" * 500_000)
    answer = client.send(_head("Host: localhost", "Transfer-Encoding: chunked") + chunks)
    assert answer.json["reason"] == "Sensor API change string not supported"


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 60_000])
def test_a_reload_must_be_meant(client: Client, control: DictControl, body: bytes) -> None:
    assert client.ask(RELOAD, "POST", body).json == {
        "reason": "RELOAD_CONFIG_UPDATE_FAIL, error: the body is not JSON",
        "status": "HTTP/1.1 400 Bad Request",
    }
    assert client.post(RELOAD, [1])["status"] == "HTTP/1.1 400 Bad Request"
    assert client.ask(RELOAD).text == "null"
    assert control.reloads == 0
    assert client.post(RELOAD, {"stream": {}})["reason"] == "RELOAD_CONFIG_UPDATE_SUCCESS"
    assert control.reloads == 1


def test_not_ready_and_not_live(client: Client, control: DictControl) -> None:
    control.ready = control.alive = False
    assert client.ask("/ready").json["ready-info"] == {"ds-ready": "NO"}
    assert client.ask("/api/v1/startup").json["startup-info"] == {"ds-startup": "NO"}
    assert client.ask("/api/v1/live").json["live-info"] == {"ds-liveness": "NO"}
    assert client.ask("/api/v1/health/get-dsready-state").json["health-info"] == {"ds-ready": "NO"}


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /live HTTP/9.9\r\n\r\n",
        b"BREW /live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS /live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /live HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        bytes(range(256)),
    ],
)
def test_what_is_no_call_breaks_nothing(client: Client, raw: bytes) -> None:
    with client.connect() as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionResetError:
            answer = b""
    assert b"<html" not in answer.lower()
    assert b"200 OK" not in answer
    assert client.ask("/live").status == 200


ALLOWED_HOSTS = ["localhost", "LOCALHOST:9000", "127.0.0.1", "127.0.0.1:9000", "127.8.9.1", "[::1]:9000"]
REFUSED_HOSTS = [
    "evil.example",
    "localhost.evil.example:9000",
    "192.168.1.5:9000",
    "user@localhost",
    "localhost/",
    "[::1",
    "localhost:x",
    "",
    "0.0.0.0",
    "2130706433",
]


@pytest.mark.parametrize("host", ALLOWED_HOSTS)
def test_callers_of_this_machine(client: Client, host: str) -> None:
    assert client.ask(ADD, "POST", BODY, host=host).json["reason"] == "STREAM_ADD_SUCCESS"


@pytest.mark.parametrize("host", REFUSED_HOSTS)
def test_a_name_that_was_made_to_point_here(client: Client, control: DictControl, host: str) -> None:
    answer = client.ask(ADD, "POST", BODY, host=host)
    assert (answer.status, answer.content_type) == (403, "text/plain; charset=utf-8")
    assert answer.text == "Error 403: Forbidden\nthe Host header must be localhost or a loopback address\n"
    assert control.streams() == ()


def test_no_host_is_no_browser(client: Client) -> None:
    assert client.send(b"GET /live HTTP/1.0\r\n\r\n").status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:9000"}, 200),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "none"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://localhost:3000"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
    ],
)
def test_pages_of_others_may_not_call(
    client: Client, control: DictControl, headers: dict[str, str], status: int
) -> None:
    assert client.ask(ADD, "POST", BODY, host="127.0.0.1:9000", **headers).status == status
    assert len(control.streams()) == (status == 200)


def test_a_silent_client_is_let_go(client: Client) -> None:
    with client.connect() as connection:
        connection.sendall(_head("Host: localhost", "Content-Length: 10") + b"abc")
        assert connection.recv(1) == b""


def test_a_client_that_never_ends_is_let_go(
    client: Client, control: DictControl, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., Any]
) -> None:
    monkeypatch.setattr(server_module, "_CALL_LIMIT_S", 1.0)
    with client.connect() as connection:
        connection.sendall(f"POST {RELOAD} HTTP/1.1\r\nX: ".encode())

        def hung_up() -> bool:
            # A byte now and then never meets the limit for silence.
            try:
                connection.sendall(b"a")
            except OSError:
                return True
            return False

        wait_until(hung_up, "the port has hung up")
    assert client.ask("/live").status == 200
    assert control.reloads == 0


@pytest.mark.parametrize("head", [f"POST {RELOAD} HTTP/1.1\r\n", f"POST {RELOAD} HTTP/1.1\r\nHost: local"])
def test_a_call_whose_head_was_cut_short_is_not_followed(client: Client, control: DictControl, head: str) -> None:
    with client.connect() as connection:
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert control.reloads == 0


def test_too_many_at_once_are_turned_away(client: Client, wait_until: Callable[..., Any]) -> None:
    crowd = [client.connect() for _ in range(60)]
    assert crowd[-1].recv(1) == b""
    for connection in crowd:
        connection.close()

    def answers() -> bool:
        try:
            return client.ask("/live").status == 200
        except (OSError, ValueError, IndexError):
            return False

    wait_until(answers, "an answer after the crowd has left")


def test_many_add_and_remove_at_once(client: Client, control: DictControl) -> None:
    control.max_batch_size = 8

    def come_and_go(number: int) -> None:
        camera = {"camera_id": f"c{number}", "camera_url": f"rtsp://h/{number}"}
        for _ in range(10):
            assert client.post(ADD, {"value": camera | {"change": "add"}})["reason"] == "STREAM_ADD_SUCCESS"
            client.ask("/metrics")
            assert client.post(ADD, {"value": camera | {"change": "remove"}})["reason"] == "STREAM_REMOVE_SUCCESS"

    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            come_and_go(number)
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert control.streams() == ()


class _BrokenControl(DictControl):
    def add(self, camera_id: str, camera_name: str, camera_url: str) -> Verdict:
        raise RuntimeError(f"cannot open {camera_url}")


def test_a_fault_of_ours_is_told_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    server = RestServer(0, _BrokenControl())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        client = Client(server)
        body = BODY.replace(b"rtsp://h", b"rtsp://u:s3cret@h")
        with caplog.at_level(logging.ERROR, logger="pipeline"):
            answer = client.ask(ADD, "POST", body)
        assert (answer.status, client.ask("/live").status) == (500, 200)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert "POST /api/v1/stream/add failed: RuntimeError in " in caplog.text
    assert "s3cret" not in caplog.text + answer.text


def test_a_client_that_does_not_wait_for_its_picture_is_no_fault(
    client: Client, control: DictControl, caplog: pytest.LogCaptureFixture
) -> None:
    control.results["gate"] = result_of(grey_frame(2000, 2000))
    for _ in range(5):
        with client.connect() as connection:
            connection.sendall(_head("Host: localhost", path="/api/v1/snapshot/gate", method="GET"))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert client.ask("/live").status == 200
    assert not caplog.records


def test_the_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            RestServer(taken.getsockname()[1], DictControl())
