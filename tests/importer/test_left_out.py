"""What is in no manifest is marked as left out, so that a script can ask whether anything is."""

import pytest

from tests.importer.stand import documents, imported, said
from tests.importer.test_same_meaning import ANALYTICS, FILES, MESSAGES, MUX, SINK, TWO

PLAIN = f"{TWO}{SINK}{MUX}"
IN_ANALYTICS = f"{PLAIN}[nvds-analytics]\nenable=1\nconfig-file=a.txt\n"
IN_MESSAGES = f"{PLAIN}[sink1]\nenable=1\ntype=6\nmsg-conv-config=m.txt\nmsg-broker-config=b.txt\n"
BROKER = "[message-broker]\npartition-key=sensorId\n"


def left_out(files: dict[str, str]) -> list[str]:
    return [f"{one.file}:{one.line}" for one in imported(files, "app.txt").remarks if one.left_out]


@pytest.mark.parametrize(
    "files",
    [
        {"app.txt": PLAIN},
        {"app.txt": f"{PLAIN}[odd]\na=b\n[tracker]\nenable=1\nodd=1\nll-lib-file=/in/the/image.so\n"},
        {"app.txt": IN_ANALYTICS, "a.txt": ANALYTICS},
        {"app.txt": IN_MESSAGES, "m.txt": MESSAGES, "b.txt": BROKER},
        {"app.txt": PLAIN.replace("rtsp://10.0.0.7/a", "rtsp://viewer:pw@10.0.0.7/a;b # c")},
    ],
)
def test_what_is_kept_is_not_left_out(files: dict[str, str]) -> None:
    assert left_out(files) == []


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"app.txt": f"{PLAIN}[source7]\nenable=1\ntype=8\nalsa-device=hw:0\n"}, ["app.txt:20"]),
        ({"app.txt": f"{PLAIN}[source7]\nenable=0\ntype=4\nuri=rtsp://h/\n"}, ["app.txt:20"]),
        ({"app.txt": PLAIN.replace("rtsp://10.0.0.7/a", "rtsp://a:${PW}@10.0.0.7/a")}, ["app.txt:4"]),
        ({"app.txt": PLAIN.replace("rtsp://10.0.0.7/a", "${URL}")}, ["app.txt:4"]),
        ({"app.txt": PLAIN.replace("rtsp://10.0.0.7/a", "rtsp://10.0.0.7/a?user=b&password=<pw>")}, ["app.txt:4"]),
        ({"app.txt": f"{PLAIN}[source-attr-all]\nlatency=5\n"}, ["app.txt:20"]),
        ({"app.txt": IN_ANALYTICS, "a.txt": f"{ANALYTICS}[odd]\na=b\n"}, ["a.txt:20"]),
        ({"app.txt": IN_ANALYTICS, "a.txt": ANALYTICS.replace("stream-1", "stream-5")}, ["a.txt:7"]),
        ({"app.txt": IN_MESSAGES, "m.txt": f"{MESSAGES}[sensor8]\nenable=1\n", "b.txt": BROKER}, ["m.txt:23"]),
        ({"app.txt": IN_MESSAGES, "m.txt": MESSAGES, "b.txt": f"{BROKER}[odd]\na=b\n"}, ["b.txt:3"]),
    ],
)
def test_what_is_left_out_is_marked_with_its_place(files: dict[str, str], places: list[str]) -> None:
    assert left_out(files) == places


def test_whatever_says_that_it_is_left_out_is_marked() -> None:
    for one in imported(FILES, "/etc/ds/app.txt").remarks:
        assert one.left_out == ("left out" in one.message)


@pytest.mark.parametrize("converter", ["", "[sink1]\nenable=1\ntype=6\nmsg-conv-config=m.txt\n"])
@pytest.mark.parametrize("off", ["[message-converter]\nenable=0\n", "[sink4]\nenable=0\ntype=6\n"])
def test_the_file_of_a_converter_that_is_off_stays_named(converter: str, off: str) -> None:
    result = imported({"app.txt": f"{PLAIN}{converter}{off}msg-conv-config=m.txt\n", "m.txt": MESSAGES}, "app.txt")
    app = documents(result)[-1]["spec"]["deepstreamApp"]
    group = app["sinks"]["4"] if "sink4" in off else app["messageConverter"]
    assert group["msgConvConfig"] == "m.txt"
    assert "msg-conv-config: the group is not in use, so the file m.txt is not taken over" in said(result)
