"""YAML as text: what is supported, what is refused, and within which bounds."""

from collections.abc import Callable, Mapping

import pytest
from ruamel.yaml import YAML

from controller.source.files import MOST_BYTES_OF_A_FILE
from controller.source.read.reader import Loaded, Reading, Rejected, Unreadable
from controller.source.read.yaml_documents import YamlDocument, pieces, read_piece
from controller.source.read.yaml_text import yaml_text


def documents(text: str) -> list[YamlDocument]:
    return [document for _, piece in pieces(text) for document in read_piece(piece)]


def only_problem(reading: Reading) -> str:
    assert isinstance(reading, Rejected), reading
    assert len(reading.problems) == 1, reading.problems
    return str(reading.problems[0])


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = "[1, -2, 0x1F, 0o17, 1.5, 1e3, .5, true, False, null, ~, text, '5', 12:30, 1_000, 1.2.3, -, 'on']"
    assert documents(text)[0].value == [
        1, -2, 31, 15, 1.5, 1000.0, 0.5, True, False, None, None, "text", "5", "12:30", "1_000", "1.2.3", "-", "on",
    ]  # fmt: skip


def test_anchors_aliases_and_merge_keys_work() -> None:
    text = (
        "base: &base {a: 1, b: 2}\nmore: &more {c: 3, b: 9}\nlist: [*base, *base]\none:\n  <<: [*base, *more]\n  a: 5\n"
    )
    (document,) = documents(text)
    assert document.faults == ()
    assert document.value["list"] == [{"a": 1, "b": 2}, {"a": 1, "b": 2}]
    assert document.value["one"] == {"a": 5, "b": 2, "c": 3}


def test_places_are_those_of_keys_and_values() -> None:
    (document,) = documents("a:\n  b: [1,\n    {c: d}]\n")
    places = document.origin.places
    assert places.of_value(("a", "b", 1, "c")) == (2, 9)
    assert places.of_key(("a", "b", 1, "c")) == (2, 6)
    assert places.of_value(("a", "b", 1, "nothing", "below")) == (2, 5)
    assert places.of_key(("a", "gone")) == (0, 1)


def test_a_billion_laughs_are_refused_at_once() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join(['*' + before] * 10)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (document,) = documents("\n".join(lines))
    assert "more than 20,000 values" in document.faults[-1].message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "a:\n", "!", "&a ", "'", "---\n", "a: [", "- &a\n- *a\n"])
def test_a_megabyte_of_anything_ends_in_time(opening: str, read_files: Callable[..., Reading]) -> None:
    content = (opening * (MOST_BYTES_OF_A_FILE // len(opening))).encode()
    assert not isinstance(read_files({"a.yaml": content}), Loaded)


def test_empty_documents_are_ignored(fleet: Mapping[str, str], read_files: Callable[..., Reading]) -> None:
    content = "---\n# nothing\n---\n" + "\n---\n\n---\n".join(fleet.values()) + "---\n...\n---\nnull\n"
    assert isinstance(read_files({"all.yaml": content}), Loaded)


def test_a_byte_order_mark_and_windows_lines_are_welcome(
    fleet: Mapping[str, str], read_files: Callable[..., Reading]
) -> None:
    content = b"\xef\xbb\xbf" + "---\n".join(fleet.values()).replace("\n", "\r\n").encode()
    assert isinstance(read_files({"all.yaml": content}), Loaded)


def test_lines_are_counted_from_the_beginning_of_the_file(
    fleet: Mapping[str, str], read_files: Callable[..., Reading]
) -> None:
    content = "---\n".join(fleet.values()) + "---\n\nkind: Nod\napiVersion: dsfleet.io/v1\n"
    expected = f'all.yaml:{content.count(chr(10)) - 1}:7: kind: there is no kind "Nod"; did you mean Node?'
    assert only_problem(read_files({"all.yaml": content})) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "a.yaml:1:1: the file is empty: delete it if nothing belongs into it"),
        (b"a: b\nc: \xe9\n", "a.yaml:2:4: the byte 0xE9 (number 8 of the file) is not UTF-8: save the file as UTF-8"),
        ("kind".encode("utf-16"), "a.yaml:1:1: the file is written in UTF-16: save it as UTF-8"),
        (b"a: b\n" * 300_000, "a.yaml:1:1: the file has 1,500,000 bytes; at most 1,048,576 are read: split it"),
        (b"a: b\n# " + b"x" * 70_000, "a.yaml:2:1: the line has 70,002 characters; at most 65,536 are read"),
    ],
    ids=["empty", "latin-1", "utf-16", "large", "long-line"],
)
def test_files_that_are_no_text(content: bytes, expected: str, read_files: Callable[..., Reading]) -> None:
    assert only_problem(read_files({"a.yaml": content})) == expected


def test_no_manifest_at_all_is_no_empty_fleet(read_files: Callable[..., Reading]) -> None:
    assert isinstance(read_files({"a.yaml": "# nothing yet\n"}), Unreadable)
    assert isinstance(read_files({}), Unreadable)


def test_no_password_is_shown(read_files: Callable[..., Reading]) -> None:
    camera = "apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {{name: a}}\nspec:\n  {}\n"
    for line in (
        "address: rtsp://admin:hunter2@h/1", "address: [rtsp://admin:hunter2@h]", "adress: rtsp://admin:hunter2@h",
        "address: rtsp:admin:hunter2@h", "address: rtsp://h:hunter2/1", "type: rtsp://admin:hunter2@h/1",
        "address: rtsp://admin:hunter2@[h/1", "cameraId: admin:hunter2@h", "address: 'rtsp://admin:hunter2 '",
    ):  # fmt: skip
        reading = read_files({"a.yaml": camera.format(line)})
        assert isinstance(reading, Rejected), line
        assert "hunter2" not in "".join(map(str, reading.problems))


def test_thousands_of_documents_are_read(fleet: Mapping[str, str], read_files: Callable[..., Reading]) -> None:
    camera = fleet["cameras.yaml"]
    files = {
        f"{number}.yaml": "---\n".join(camera.replace("lobby", f"camera-{number}-{index}") for index in range(100))
        for number in range(20)
    }
    reading = read_files(files)
    assert isinstance(reading, Loaded)
    assert len(reading.revision.cameras) == 2000


def test_thousands_of_dangling_references_are_told_in_time(
    fleet: Mapping[str, str], read_files: Callable[..., Reading]
) -> None:
    instance = fleet["instances.yaml"]
    cameras = ", ".join(f"camera-{index}" for index in range(1000))
    files = {
        **{
            f"{number}.yaml": instance.replace("faces\n", f"faces-{number}\n").replace("[lobby]", f"[{cameras}]")
            for number in range(5)
        },
        "cameras.yaml": "---\n".join(
            fleet["cameras.yaml"].replace("lobby", f"kamera-{index}") for index in range(1000)
        ),
        "node.yaml": fleet["nodes/edge-1.yml"],
    }
    reading = read_files(files)
    assert isinstance(reading, Rejected)
    assert len(reading.problems) == 5000


def test_written_yaml_reads_well() -> None:
    shared = {"a": 1}
    document = {
        "kind": "Camera",
        "spec": {"b": shared, "a": shared, "on": "off", "list": [1, {"x": None}], "note": "a\nb\n"},
    }
    assert yaml_text(document) == (
        'kind: Camera\nspec:\n  b:\n    a: 1\n  a:\n    a: 1\n  "on": "off"\n'
        "  list:\n  - 1\n  - x: null\n  note: |\n    a\n    b\n"
    )


@pytest.mark.parametrize("text", ["{}", "a{}b", "a\n{}b\n", "a\n{}", "a\nb{}", "a{}\nb{}\n"])
@pytest.mark.parametrize("sign", [*"\0\a\t\v\f\r\x1b\x7f\x85\x9b\u2028\u2029\ufeff\ufffe\uffff"])
def test_what_a_terminal_would_obey_is_written_out_and_read_back(text: str, sign: str) -> None:
    value = text.replace("{}", sign)
    written = yaml_text({"text": value})
    assert sign == "\t" or sign not in written
    assert YAML(typ="safe", pure=True).load(written) == {"text": value}


def test_which_fields_were_given_is_known_of_what_was_read(
    fleet: Mapping[str, str], read_files: Callable[..., Reading]
) -> None:
    camera = fleet["cameras.yaml"]
    reading = read_files({"a.yaml": camera, "c.yaml": camera.replace("lobby", "c") + "  width: 640\n"})
    assert isinstance(reading, Loaded)
    c, lobby = reading.revision.cameras
    assert lobby.spec.model_fields_set == {"address"}
    assert c.spec.model_fields_set == {"address", "width"}
    assert "width" not in lobby.document()["spec"]
