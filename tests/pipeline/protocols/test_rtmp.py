"""RTMP, from FFmpeg as its server."""

import time
from pathlib import Path

import av
import pytest

from pipeline.cameras.connection import CaptureError, Connection, open_source, reason_of
from pipeline.files.source import Source
from tests.patience import patient
from tests.pipeline.protocols.servers import rest_of, rtmp_server, write_video


def opened(url: str) -> Connection:
    """The server listens a moment after it was started."""
    until = time.monotonic() + patient(5)
    while True:
        try:
            return open_source(Source("gate", url, "h264", "rtmp", stream=True), patient(5), 2.0)
        except av.FFmpegError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def test_rtmp_is_read_until_it_ends(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mp4", "libx264")
    with rtmp_server(clip) as url, opened(url) as connection:
        packets: list[object] = []
        with pytest.raises(CaptureError, match=r"^the camera ended the stream$"):
            rest_of(connection, packets)
    assert len(packets) == 20
    assert connection.is_timed


def test_nobody_there() -> None:
    with pytest.raises(av.FFmpegError) as failed:
        open_source(Source("gate", "rtmp://viewer:s3cret@127.0.0.1:1/a/b", None, "rtmp", stream=True), 3.0, 1.5)
    assert reason_of(failed.value) == "Connection refused"
