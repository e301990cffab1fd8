"""MJPEG and HLS over HTTP, from real servers, and what else may answer there."""

import http.server
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from pipeline.cameras.connection import CaptureError, Connection, open_source, reason_of
from pipeline.files.source import EncodeType, Source
from pipeline.frame_conversion import bgr_of
from pipeline.frame_pixels import FramePixels
from tests.patience import patient
from tests.pipeline.protocols.servers import (
    VideoServer,
    grey,
    jpegs,
    mjpeg,
    playlist,
    redirect,
    rest_of,
    send,
    write_video,
)


@pytest.fixture
def server() -> Iterator[VideoServer]:
    with VideoServer({}) as running:
        yield running


def source(url: str, codec: EncodeType | None = None) -> Source:
    return Source("gate", url, codec, "http", stream=True)


def opened(url: str, codec: EncodeType | None = None) -> Connection:
    return open_source(source(url, codec), patient(5), 2.0)


def reason(url: str, codec: EncodeType | None = None, timeout_s: float = 3.0) -> str:
    with (
        pytest.raises((CaptureError, av.FFmpegError, OSError)) as failed,
        open_source(source(url, codec), timeout_s, 1.5),
    ):
        pass
    assert "s3cret" not in reason_of(failed.value)
    return reason_of(failed.value)


def test_mjpeg_is_read_as_it_comes(server: VideoServer) -> None:
    server.answers["/video.mjpg"] = mjpeg(jpegs())
    with opened(f"{server.url}/video.mjpg", "mjpeg") as connection:
        assert not connection.is_timed
        packets = [connection.read() for _ in range(12)]
        pictures = [picture for packet in packets if packet is not None for picture in packet.decode()]
    assert all(packet is not None and packet.is_keyframe and packet.pts is None for packet in packets)
    assert [FramePixels(picture).luma(1)[0, 0] // 50 for picture in pictures[:5]] == [0, 1, 2, 3, 4]


def test_a_user_is_named_to_the_camera_only(server: VideoServer) -> None:
    server.answers["/video.mjpg"] = mjpeg(jpegs())
    with opened(server.url.replace("://", "://viewer:s3cret@") + "/video.mjpg") as connection:
        assert connection.read() is not None
    assert {header for _, header in server.asked} <= {"", "Basic dmlld2VyOnMzY3JldA=="}


def test_a_user_whom_the_camera_does_not_know(server: VideoServer) -> None:
    def refuse(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", 'Basic realm="camera"')
        handler.end_headers()

    server.answers["/video.mjpg"] = refuse
    assert "401" in reason(server.url.replace("://", "://viewer:s3cret@") + "/video.mjpg")
    assert server.asked[-1][1].startswith("Basic ")


def test_a_camera_that_ends_its_stream(server: VideoServer) -> None:
    server.answers["/video.mjpg"] = mjpeg(jpegs(), most=12)
    with (
        opened(f"{server.url}/video.mjpg") as connection,
        pytest.raises(CaptureError, match=r"^the camera ended the stream$"),
    ):
        rest_of(connection)


@pytest.mark.parametrize("form", ["yuvj420p", "yuvj422p", "yuvj444p"])
@pytest.mark.parametrize("level", [0, 255])
def test_colours_of_the_full_range(form: str, level: int) -> None:
    frame = grey(level, form)
    codec = av.CodecContext.create("mjpeg", "r")
    [coded] = jpegs(1, form)
    [decoded] = codec.decode(av.Packet(coded))  # type: ignore[attr-defined]
    assert decoded.format.name == form
    assert abs(int(bgr_of(frame)[0, 0, 0]) - level) <= 1
    assert FramePixels(frame).luma(2).shape == (24, 32)
    assert FramePixels(frame).colours(2)[0].shape == (24, 32)


def test_a_playlist_is_played_to_its_end(server: VideoServer, tmp_path: Path) -> None:
    write_video(tmp_path / "a.ts", "libx264")
    server.answers |= {"/live/a.ts": (tmp_path / "a.ts").read_bytes(), "/live/l.m3u8": playlist("a.ts", seconds=2)}
    with opened(f"{server.url}/live/l.m3u8", "h264") as connection:
        assert connection.is_timed
        packets = rest_of(connection)
    stamps = [float(one.pts * one.time_base) for one in packets if one.size and one.pts is not None]
    assert len(stamps) == 20
    assert stamps[-1] - stamps[0] == pytest.approx(1.9, abs=0.01)


def test_a_live_playlist_goes_on(server: VideoServer, tmp_path: Path) -> None:
    write_video(tmp_path / "a.ts", "libx264", frames=10)
    piece = (tmp_path / "a.ts").read_bytes()
    looks = 0

    def window(handler: http.server.BaseHTTPRequestHandler) -> None:
        nonlocal looks
        looks += 1
        send(
            handler,
            playlist("1.ts", "2.ts", "3.ts", ended=False) if looks < 2 else playlist("2.ts", "3.ts", "4.ts", first=1),
        )

    server.answers |= {f"/{number}.ts": piece for number in range(5)} | {"/l.m3u8": window}
    with opened(f"{server.url}/l.m3u8") as connection:
        rest_of(connection)
    assert {"/1.ts", "/2.ts", "/3.ts", "/4.ts"} <= {path for path, _ in server.asked}


def test_of_the_same_in_several_sizes_one_is_fetched(server: VideoServer, tmp_path: Path) -> None:
    write_video(tmp_path / "a.ts", "libx264")
    lines = ["#EXTM3U"]
    for name, bits in (("low", 100_000), ("high", 900_000)):
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={bits},RESOLUTION=64x48", f"{name}.m3u8"]
        server.answers[f"/{name}.m3u8"] = playlist(*[f"{name}{at}.ts" for at in range(3)], seconds=2)
        server.answers |= {f"/{name}{at}.ts": (tmp_path / "a.ts").read_bytes() for at in range(3)}
    server.answers["/l.m3u8"] = "\n".join([*lines, ""]).encode()
    with opened(f"{server.url}/l.m3u8") as connection:
        rest_of(connection)
    later = {path for path, _ in server.asked if path.endswith("2.ts")}
    assert later == {"/low2.ts"}


def test_a_clip_at_a_url(server: VideoServer, tmp_path: Path) -> None:
    server.answers["/clip.mp4"] = write_video(tmp_path / "clip.mp4", "mpeg4").read_bytes()
    with opened(f"{server.url}/clip.mp4", "mpeg4") as connection:
        assert connection.read() is not None


def test_another_codec_than_was_said(server: VideoServer) -> None:
    server.answers["/video.mjpg"] = mjpeg(jpegs())
    assert reason(f"{server.url}/video.mjpg", "h264") == "it is mjpeg, but encode_type says h264"


def test_what_is_no_video(server: VideoServer, tmp_path: Path) -> None:
    page = b"<!doctype html><html><title>Please log in</title><body>hello</body></html>" * 20
    outside = write_video(tmp_path / "outside.ts", "libx264")
    server.answers |= {
        "/page": page,
        "/empty": b"",
        "/loop": redirect("/loop"),
        "/to-file": redirect(f"file://{outside}"),
        "/file.m3u8": playlist(f"file://{outside}"),
        "/path.m3u8": playlist(str(outside)),
        "/concat.m3u8": playlist(f"concat:{outside}"),
        "/nothing.m3u8": playlist(),
        "/dead.m3u8": playlist("http://127.0.0.1:1/a.ts"),
    }
    no_video = "what it answers is no video, or a playlist without any"
    for path in ("page", "file.m3u8", "path.m3u8", "concat.m3u8", "dead.m3u8"):
        assert reason(f"{server.url}/{path}") == no_video, path
    assert reason(f"{server.url}/nothing.m3u8") == "no video in it"
    assert reason(f"{server.url}/loop")
    assert len([path for path, _ in server.asked if path == "/loop"]) < 20
    assert reason(f"{server.url}/to-file")
    assert reason(f"{server.url}/empty")
    assert reason(f"{server.url}/gone") == "Server returned 404 Not Found"
    assert reason("http://viewer:s3cret@127.0.0.1:1/") == "Connection refused"


def test_a_server_that_never_answers_and_one_that_falls_silent(server: VideoServer) -> None:
    def mute(_: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(patient(3))

    def silent(handler: http.server.BaseHTTPRequestHandler) -> None:
        mjpeg(jpegs(), 0.01, most=5)(handler)
        time.sleep(patient(3))

    server.answers |= {"/mute": mute, "/silent": silent}
    assert reason(f"{server.url}/mute", timeout_s=0.3) == "no answer within 0.3 s"
    with (
        open_source(source(f"{server.url}/silent"), patient(5), 0.3) as connection,
        pytest.raises(CaptureError, match=r"nothing sent for 0\.3 s"),
    ):
        rest_of(connection)
