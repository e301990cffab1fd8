import logging

import pytest

from pipeline.event_log import EventFormatter, redact


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("open rtsp://u:pw@host/1 failed", "open rtsp://***@host/1 failed"),
        ("RTSP://u:p@w/d x@host:554/1", "RTSP://***@host:554/1"),
        ("rtsp://host/1", "rtsp://host/1"),
        ("a@b", "a@b"),
        ("open rtsp://h/live?user=a&password=half#half&x=1 failed", "open rtsp://h/live?user=a&password=*** failed"),
        ("rtsp://h/?loginuse=a&loginpas=half", "rtsp://h/?loginuse=a&loginpas=***"),
        ("rtsp://h/cam?channel=1&authbasic=half==", "rtsp://h/cam?channel=1&authbasic=***"),
        ("rtsp://h/user=a_password=half_channel=1.sdp", "rtsp://h/user=a_password=***"),
        ("camera=dock not-reachable: timeout=5 s", "camera=dock not-reachable: timeout=5 s"),
    ],
)
def test_redact(text: str, safe: str) -> None:
    assert redact(text) == safe


def _line(message: str, *arguments: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    return EventFormatter().format(logging.LogRecord("x", logging.INFO, "x", 1, message, arguments, info))


def test_one_line_whatever_a_camera_is_called() -> None:
    line = _line("camera=%s alive", "a\n2025-01-01T00:00:00.000Z ERROR b\x1b[31m\u2028c")
    assert line.isprintable()
    assert r"a\n2025" in line


def test_tracebacks_are_redacted() -> None:
    with pytest.raises(ValueError, match="rtsp") as caught:
        int("rtsp://u:s3cret@host/")
    line = _line("unexpected", error=caught.value)
    assert "Traceback" in line
    assert "s3cret" not in line
