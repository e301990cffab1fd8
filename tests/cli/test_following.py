import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cli.connection import Api, Refused, Unreachable
from cli.kinds import CAMERA
from cli.watching import Watched, follow
from tests.patience import slowness

LISTED = b'{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"dock","resourceVersion":"5"}}]}'
CHANGED = b'{"type":"MODIFIED","object":{"metadata":{"name":"dock","resourceVersion":"%d"}}}\n'
STARTING = -503
GONE = b'{"type":"ERROR","object":{"code":410}}\n'
BOOKMARK = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"20"}}}\n'


@pytest.fixture
def scripted() -> Iterator[Callable[..., tuple[Api, list[str]]]]:
    """Starts a server that answers its requests with these bodies in turn; returns its API and what was asked."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(*answers: bytes | int) -> tuple[Api, list[str]]:
        asked: list[str] = []
        left = list(answers)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                answer = left.pop(0) if left else 503
                self.send_response(200 if isinstance(answer, bytes) else 503 if answer == STARTING else answer)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                if isinstance(answer, bytes):
                    self.wfile.write(answer)
                else:
                    reason = b"ServiceUnavailable" if answer == STARTING else b"No"
                    self.wfile.write(
                        b'{"kind":"Status","reason":"%s","message":"no more","code":%d}' % (reason, answer)
                    )

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return Api(f"http://127.0.0.1:{server.server_port}"), asked

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def _until_refused(api: Api, first_pause_seconds: float = 0.5) -> list[str]:
    seen: list[str] = []

    def read() -> None:
        for event in follow(api, Watched(CAMERA, {}), first_pause_seconds=first_pause_seconds):
            version = event["object"].get("metadata", {}).get("resourceVersion", "")
            seen.append(f"{event['type']} {version}".strip())

    with pytest.raises(Refused):
        read()
    return seen


def test_a_watch_that_ends_goes_on_from_where_it_was(scripted: Callable[..., tuple[Api, list[str]]]) -> None:
    api, asked = scripted(LISTED, CHANGED % 8 + CHANGED % 9, BOOKMARK, CHANGED % 21, 503)
    assert _until_refused(api) == ["ADDED 5", "BOOKMARK", "MODIFIED 8", "MODIFIED 9", "MODIFIED 21"]
    assert ["resourceVersion=7" in asked[1], "resourceVersion=9" in asked[2], "resourceVersion=20" in asked[3]] == [
        True
    ] * 3


def test_a_controller_that_was_started_anew_is_waited_for(scripted: Callable[..., tuple[Api, list[str]]]) -> None:
    api, asked = scripted(LISTED, STARTING, STARTING, LISTED, CHANGED % 8, 503)
    assert _until_refused(api, 0.01) == ["ADDED 5", "BOOKMARK", "ADDED 5", "BOOKMARK", "MODIFIED 8"]
    assert len(asked) == 6


@pytest.mark.parametrize("gone", [GONE, 410])
def test_a_history_that_is_lost_means_listing_anew(
    scripted: Callable[..., tuple[Api, list[str]]], gone: bytes | int
) -> None:
    api, _ = scripted(LISTED, gone, LISTED, CHANGED % 8, 503)
    assert _until_refused(api) == ["ADDED 5", "BOOKMARK", "ADDED 5", "BOOKMARK", "MODIFIED 8"]


def test_half_a_line_is_a_lost_connection(
    scripted: Callable[..., tuple[Api, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    api, _ = scripted(LISTED, CHANGED % 8 + b'{"type":"MODI', LISTED, 503)
    assert _until_refused(api, 0.01) == ["ADDED 5", "BOOKMARK", "MODIFIED 8", "ADDED 5", "BOOKMARK"]
    assert "broke off" in capsys.readouterr().err


def test_nobody_there_at_the_start_is_an_error() -> None:
    with pytest.raises(Unreachable):
        next(follow(Api("http://127.0.0.1:9"), Watched(CAMERA, {})))


def test_a_deadline_ends_it(small_fleet: Any) -> None:
    events = list(follow(Api(small_fleet.url), Watched(CAMERA, {}), time.monotonic() + 0.5 * slowness()))
    assert [event["type"] for event in events] == ["ADDED", "ADDED", "BOOKMARK"]
