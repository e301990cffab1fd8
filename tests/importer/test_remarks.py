"""Remarks are few, true, and name what has to be done."""

import pytest

from tests.importer.stand import cameras_of, documents, imported, instance_of, said
from tests.importer.test_same_meaning import MUX, SINK, TWO

SENSORS = "".join(f"[sensor{at}]\nenable=1\nid=S{at}\n[place{at}]\nenable=1\nid={at}\n" for at in range(100))
BROKER_SINK = "[sink1]\nenable=1\ntype=6\nmsg-conv-config=m.txt\nmsg-broker-conn-str=h;9092;t\n"


def test_groups_of_no_camera_are_one_remark_with_ranges() -> None:
    result = imported({"app.txt": f"{TWO}{SINK}{MUX}{BROKER_SINK}", "m.txt": SENSORS}, "app.txt")
    assert [str(one) for one in result.remarks if one.file == "m.txt"] == [
        "m.txt:13: warning: [sensor2] to [sensor99], [place2] to [place99]: left out: there are no cameras of these source ids"
    ]


def test_gaps_in_numbers_end_ranges_and_many_ranges_are_cut() -> None:
    some = "".join(f"[place{at}]\nenable=1\nid={at}\n" for at in (4, 5, 7))
    many = "".join(f"[place{at}]\nenable=1\nid={at}\n" for at in range(2, 90, 2))
    app = f"{TWO}{SINK}{MUX}{BROKER_SINK}"
    assert "[place4], [place5], [place7]: left out" in said(imported({"app.txt": app, "m.txt": some}, "app.txt"))
    remark = said(imported({"app.txt": app, "m.txt": many}, "app.txt"))
    assert "[place2], [place4]" in remark
    assert "and 36 more: left out" in remark


def test_many_equal_findings_of_numbered_groups_are_one() -> None:
    odd = "".join(f"[sensor{at}]\nenable=1\nid=S{at}\nodd=1\n" for at in range(9))
    result = imported({"app.txt": f"{TWO}{SINK}{MUX}{BROKER_SINK}", "m.txt": odd}, "app.txt")
    [line] = [str(one) for one in result.remarks if "does not know" in one.message]
    assert line.startswith("m.txt:4: warning: [sensor0] to [sensor8] odd: ")


def test_files_that_only_disabled_groups_name_are_not_taken() -> None:
    off = (
        "[message-consumer0]\nenable=0\nproto-lib=/l.so\nconn-str=h;9092\nconfig-file=b.txt\nsensor-list-file=m.txt\n"
        "[secondary-gie0]\nenable=0\nconfig-file=s.txt\n[tracker]\nenable=1\nll-config-file=t.yml\n"
        "[sink4]\nenable=0\ntype=6\nmsg-conv-config=other.txt\n"
    )
    files = {
        "m.txt": SENSORS,
        "b.txt": "[message-broker]\nhostname=h\n",
        "s.txt": "[property]\nonnx-file=m.onnx\n",
        "t.yml": "A:\n",
        "other.txt": SENSORS,
    }
    result = imported({"app.txt": f"{TWO}{SINK}{MUX}{BROKER_SINK}{off}", **files}, "app.txt")
    spec = instance_of(result).spec
    assert list(spec.files) == ["t.yml"]
    assert not spec.message_brokers
    assert not spec.infer_configs
    app = documents(result)[-1]["spec"]["deepstreamApp"]
    assert app["messageConsumers"]["0"]["sensorListFile"] == "m.txt"
    assert app["sinks"]["4"]["msgConvConfig"] == "other.txt"
    assert (
        "note: [secondary-gie0] config-file: the group is not in use, so the file s.txt is not taken over: the path "
        "s.txt stays" in said(result)
    )
    assert all(one.severity.value == "note" for one in result.remarks if "not in use" in one.message)


def test_a_file_that_a_group_in_use_names_is_taken_for_disabled_groups_too() -> None:
    gies = (
        "[secondary-gie0]\nenable=0\nconfig-file=p.txt\n[primary-gie]\nenable=1\nconfig-file=p.txt\n"
        "[sink4]\nenable=0\ntype=6\nmsg-broker-config=b.txt\n[sink5]\nenable=1\ntype=6\nmsg-broker-config=b.txt\n"
    )
    files = {"p.txt": "[property]\nonnx-file=/m.onnx\n", "b.txt": "[message-broker]\nhostname=h\n"}
    result = imported({"app.txt": f"{TWO}{SINK}{MUX}{gies}", **files}, "app.txt")
    assert list(instance_of(result).spec.infer_configs) == ["p.txt"]
    assert list(instance_of(result).spec.message_brokers) == ["b.txt"]
    assert "not in use" not in said(result)


def test_relative_paths_of_every_model_are_said() -> None:
    gies = "[primary-gie]\nenable=1\nconfig-file=p.txt\n[secondary-gie0]\nenable=1\nconfig-file=s.txt\n"
    files = {name: f"[property]\nonnx-file={name}.onnx\nlabelfile-path={name}.labels\n" for name in ("p.txt", "s.txt")}
    remarks = said(imported({"app.txt": f"{TWO}{SINK}{MUX}{gies}", **files}, "app.txt"))
    for name in ("p.txt", "s.txt"):
        assert f"{name}:2: note: onnx-file: the relative path {name}.onnx is kept" in remarks
        assert f"{name}:3: note: labelfile-path: the relative path {name}.labels is kept" in remarks


@pytest.mark.parametrize("shape", ["line-crossing-stream-1]\nenable=1\nline-crossing-A=1;1;2;9;1;400;2;400\n"])
def test_a_point_outside_of_the_frame_is_one_error(shape: str) -> None:
    lines = f"[property]\nenable=1\nconfig-width=640\nconfig-height=360\n[{shape}"
    app = f"{TWO}{SINK}{MUX}[nvds-analytics]\nenable=1\nconfig-file=a.txt\n"
    result = imported({"app.txt": app, "a.txt": lines}, "app.txt")
    [error] = [str(one) for one in result.remarks if one.severity.value == "error"]
    assert error.startswith("a.txt:7: error: [line-crossing-stream-1] line-crossing-A is left out: the point 1;400")
    assert cameras_of(result)[1].spec.analytics is None


def test_a_camera_that_is_read_as_a_plain_address_is_said() -> None:
    text = (
        "[source0]\nenable=1\ntype=3\nuri=rtsp://h/a\nnum-sources=1\nsmart-record=1\n"
        f"[source1]\nenable=1\ntype=4\nuri=rtsp://h/b\n[source2]\nenable=1\ntype=3\nuri=file:///a.mp4\n{SINK}{MUX}"
    )
    result = imported({"app.txt": text}, "app.txt")
    [remark] = [str(one) for one in result.remarks if "type 4" in one.message]
    assert remark.startswith("app.txt:3: warning: [source0] type: DeepStream reads type 3 as type 2")
    assert "deepstreamApp.cameraSources.h-a" in remark


def test_a_group_that_only_text_files_have_is_told_once() -> None:
    text = (
        "application:\n  enable-perf-measurement: 1\nsource-list:\n  list: rtsp://h/a\nsink0:\n  enable: 1\n  type: 1\n"
    )
    result = imported({"app.yml": text}, "app.yml")
    assert [one.left_out for one in result.remarks if one.line == 3] == [True]
