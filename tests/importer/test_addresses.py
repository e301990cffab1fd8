"""What people write around an address, and what is no address at all, is named as what it is."""

import pytest

from tests.importer.stand import cameras_of, documents, imported, rendered, said
from tests.importer.test_same_meaning import SINK


def source(uri: str, kind: int = 4) -> str:
    return f"[source0]\nenable=1\ntype={kind}\nuri={uri}\n{SINK}"


def remarks_on_line_4(text: str) -> list[str]:
    return [str(one) for one in imported({"app.txt": text}, "app.txt").remarks if one.line == 4]


@pytest.mark.parametrize("comment", ["# front door", "#door", "# “here”", '# it\'s "here"', "# 2"])
def test_a_comment_behind_an_address_is_no_part_of_a_camera(comment: str) -> None:
    text = source(f"rtsp://10.0.0.7:554/live {comment}")
    assert [one.spec.address for one in cameras_of(imported({"app.txt": text}, "app.txt"))] == [
        "rtsp://10.0.0.7:554/live"
    ]
    [line] = remarks_on_line_4(text)
    assert line.startswith(
        "app.txt:4: warning: [source0] uri: a key file has no comments behind values: DeepStream takes "
    )
    assert comment in line or repr(comment) in line


def test_what_may_be_the_rest_of_a_password_is_not_shown() -> None:
    text = source("rtsp://viewer:Qz7 #word@10.0.0.7/a")
    result = imported({"app.txt": text}, "app.txt")
    assert "#word" not in said(result)
    assert [one.password for one in result.secrets.values()] == ["Qz7 #word"]


def test_a_comment_behind_a_file_may_be_a_part_of_its_name() -> None:
    text = source("file:///clips/dock # 2.mp4", 3)
    assert [one.spec.address for one in cameras_of(imported({"app.txt": text}, "app.txt"))] == [
        "file:///clips/dock%20#%202.mp4"
    ]
    assert "if it is none, write it on a line of its own" in remarks_on_line_4(text)[0]


@pytest.mark.parametrize("quotes", ["''", '""', "\u201c\u201d", "\u201e\u201c", "\u00ab\u00bb", '" '])
def test_quotation_marks_around_an_address(quotes: str) -> None:
    text = source(f"{quotes[0]}rtsp://10.0.0.7/a{quotes[1]}")
    assert [one.spec.address for one in cameras_of(imported({"app.txt": text}, "app.txt"))] == ["rtsp://10.0.0.7/a"]
    [line] = remarks_on_line_4(text)
    assert line.startswith(
        "app.txt:4: warning: [source0] uri: DeepStream takes the quotation marks for a part of the address"
    )


def test_quotation_marks_around_a_list_of_addresses() -> None:
    text = (
        '[source-list]\nlist="rtsp://10.0.0.7/a;rtsp://10.0.0.8/b"\nuse-nvmultiurisrcbin=1\n'
        f"[source-attr-all]\nenable=1\ntype=4\n{SINK}"
    )
    result = imported({"app.txt": text}, "app.txt")
    assert [one.spec.address for one in cameras_of(result)] == ["rtsp://10.0.0.7/a", "rtsp://10.0.0.8/b"]
    assert [one.line for one in result.remarks if "quotation marks" in str(one)] == [2]


def test_an_apostrophe_at_the_end_may_belong_to_an_address() -> None:
    result = imported({"app.txt": source("rtsp://10.0.0.7/a'")}, "app.txt")
    assert [one.spec.address for one in cameras_of(result)] == ["rtsp://10.0.0.7/a'"]


@pytest.mark.parametrize(
    ("raw", "said_so"),
    [
        (
            "config-file=p.txt # model",
            "[primary-gie] config-file: a key file has no comments behind values: '# model' is part",
        ),
        ('config-file="p.txt"', "[primary-gie] config-file: the quotation marks are part of the value"),
        ("config-file=\u201cp.txt\u201d", "[primary-gie] config-file: the quotation marks are part of the value"),
        ("input-tensor-meta=1 # on", "a key file has no comments behind values; DeepStream refuses the file"),
    ],
)
def test_marks_around_other_values(raw: str, said_so: str) -> None:
    text = f"[primary-gie]\nenable=1 # numbers end at a blank\n{raw}\n{SINK}"
    remarks = [
        one for one in imported({"app.txt": text}, "app.txt").remarks if "comment" in str(one) or "mark" in str(one)
    ]
    assert [one.line for one in remarks] == [3]
    assert said_so in str(remarks[0])


def test_in_yaml_a_comment_is_one() -> None:
    files = {
        "app.yml": "source:\n  csv-file-path: s.csv # sources\nsink0:\n  enable: 1\n  type: 1\n",
        "s.csv": "enable,type,uri\n1,4,rtsp://h/a\n",
    }
    result = imported(files, "app.yml")
    assert len(cameras_of(result)) == 1
    assert "comment" not in said(result)


def test_separators_that_are_encoded_are_told() -> None:
    [line] = remarks_on_line_4(source("rtsp://10.0.0.7/a,b;c"))
    assert line == (
        "app.txt:4: note: [source0] uri: the address has , as %2C and ; as %3B from now on, since lists of DeepStream "
        "split there"
    )
    assert len(remarks_on_line_4(source("file:///a,b.mp4", 3))) == 1
    assert not remarks_on_line_4(source("rtsp://10.0.0.7/a%2Cb"))


@pytest.mark.parametrize(
    "uri", ["/dev/video2", "file:///dev/video2", "v4l2:///dev/video2", "/dev/serial/by-id/usb-cam"]
)
@pytest.mark.parametrize("kind", [2, 3, 4])
def test_the_path_of_a_device_is_refused_with_its_reason(uri: str, kind: int) -> None:
    result = imported({"app.txt": source(uri, kind)}, "app.txt")
    assert not cameras_of(result)
    node = "2" if uri.endswith("2") else "<n>"
    reason = (
        "source 0 is left out: its address is the path of a device, and types 2, 3 and 4 open URLs only: a USB camera"
    )
    assert f"app.txt:4: warning: [source0] uri: {reason} has type=1 and camera-v4l2-dev-node={node}" in said(result)
    assert "cameras" not in documents(result)[-1]["spec"]


@pytest.mark.parametrize(
    ("uri", "kind", "spec"),
    [
        ("rtspt://10.0.0.7/a", 4, {"type": "rtsp"}),
        ("rtspu://10.0.0.7/a", 4, {"type": "rtsp"}),
        ("http://10.0.0.7/video.mjpg", 2, {"type": "http"}),
        ("https://10.0.0.7/live.m3u8", 3, {"type": "http"}),
        ("rtmp://10.0.0.7/live/a", 2, {"type": "rtmp"}),
        ("srt://10.0.0.7:9000", 2, {"type": "srt"}),
    ],
)
def test_an_address_of_each_type_is_what_it_is(uri: str, kind: int, spec: dict[str, str]) -> None:
    result = imported({"app.txt": source(uri, kind)}, "app.txt")
    [camera] = cameras_of(result)
    assert (camera.spec.address, camera.spec.type) == (uri, spec["type"])
    assert f"uri={uri}\n" in rendered(result)["deepstream_app.txt"]
    assert f"type={4 if spec['type'] == 'rtsp' else 2}\n" in rendered(result)["deepstream_app.txt"]


def test_a_password_of_any_stream_becomes_a_secret() -> None:
    result = imported({"app.txt": source("http://viewer:Qz7@10.0.0.7/video.mjpg", 2)}, "app.txt")
    [camera] = cameras_of(result)
    assert (camera.spec.address, camera.spec.credentials_ref is not None) == ("http://10.0.0.7/video.mjpg", True)
    assert [one.password for one in result.secrets.values()] == ["Qz7"]
    for parameter in ("passphrase=Qz7Qz7Qz7Qz7", "streamid=read:yard:viewer:Qz7Qz7Qz7"):
        secret = imported({"app.txt": source(f"srt://10.0.0.7:9000?{parameter}", 2)}, "app.txt")
        assert "Qz7Qz7" not in said(secret) + str(documents(secret))
