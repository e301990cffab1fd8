"""The URLs that a camera may be added with over REST."""

import pytest

from pipeline.files.source import source_of_url


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("rtsp://h/1", "rtsp"),
        ("rtspt://h/1", "rtsp"),
        ("RTSPU://h/1", "rtsp"),
        ("rtsps://h/1", "rtsp"),
        ("http://u:s3cret@h/video.mjpg", "http"),
        ("https://h/live.m3u8", "http"),
        ("rtmp://h/live/1", "rtmp"),
        ("rtmps://h/live/1", "rtmp"),
        ("file:///a.mp4", "file"),
    ],
)
def test_the_scheme_tells_the_type(url: str, kind: str) -> None:
    source = source_of_url("gate", url)
    assert (source.type, source.given_address, source.encode_type) == (kind, url, None)
    assert "s3cret" not in repr(source)


@pytest.mark.parametrize(("url", "what"), [("srt://u:s3cret@h:1", "no SRT"), ("ftp://u:s3cret@h/1", "must begin with")])
def test_what_is_refused(url: str, what: str) -> None:
    with pytest.raises(ValueError, match=what) as refused:
        source_of_url("gate", url)
    assert "s3cret" not in str(refused.value)
