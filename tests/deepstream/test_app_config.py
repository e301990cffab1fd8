"""The whole file of deepstream-app: read, written, read again."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.app.config import _KEY_FILE, AppFile, read_app_file, write_app_file
from deepstream.app.sink import SinkType
from deepstream.app.source import SourceGroup, SourceType
from deepstream.findings import ConfigTextError, errors_in
from deepstream.groups import KeyGroup
from deepstream.keyfile_values import Reader
from deepstream.source_lists import read_source_csv
from deepstream.versions import DsVersion
from tests.deepstream.samples import samples_of

SAMPLES = samples_of("deepstream-app")

TEXT = """\
[source1]
enable=1
type=4
uri=rtsp://user:p#ss@camera/1
[source0]
enable=1
type=2
uri=file://a.mp4
[sink3]
enable=1
type=6
msg-conv-config=conv.txt
[sink0]
enable=1
type=1
[streammux]
batch-size=2
buffer-pool-size=8
[primary-gie]
enable=1
config-file=pgie.txt
[tests]
file-loop=1
[application]
enable-perf-measurement=1
[receiver0]
port=5000
"""


def read_clean(text: str, name: str = "app.txt") -> AppFile:
    app, findings = read_app_file(text, name)
    assert findings == ()
    return app


def same(one: AppFile, other: AppFile) -> bool:
    """Equal, and with numbered groups in the same order: that makes the source ids."""
    fields = [field for field, _ in _KEY_FILE.numbered.values()]
    return one == other and all(list(getattr(one, name)) == list(getattr(other, name)) for name in fields)


def test_a_key_file_is_read_typed_and_other_groups_are_kept() -> None:
    app, findings = read_app_file(TEXT, "app.txt")
    assert list(app.sources) == [1, 0]
    assert app.sources[1].type is SourceType.RTSP
    assert app.sources[1].uri == "rtsp://user:p#ss@camera/1"
    assert list(app.sinks) == [3, 0]
    assert app.sinks[3].type is SinkType.MESSAGE_BROKER
    assert app.streammux is not None
    assert app.streammux.buffer_pool == 8
    assert app.extra_groups == {"receiver0": {"port": "5000"}}
    assert [(one.severity, one.group) for one in findings] == [("warning", "receiver0")]


def test_groups_are_written_in_one_order_and_numbered_ones_in_theirs() -> None:
    app, _ = read_app_file(TEXT, "app.txt")
    text = write_app_file(app, "by fleet")
    heads = [line for line in text.splitlines() if line.startswith("[")]
    assert text.startswith("# by fleet\n")
    assert heads == [
        "[application]",
        "[source1]",
        "[source0]",
        "[sink3]",
        "[sink0]",
        "[streammux]",
        "[primary-gie]",
        "[receiver0]",
        "[tests]",
    ]
    assert same(read_app_file(text, "app.txt")[0], app)


def test_a_yaml_file_with_its_sources_in_a_csv_file() -> None:
    text = "source:\n  csv-file-path: cams.csv\nsink0:\n  enable: 1\n  type: 1\nosd:\n  text-color: 1;1;1;0.5\n"
    app = read_clean(text, "app.yml")
    assert app.csv_source is not None
    assert app.csv_source.csv_file_path == "cams.csv"
    assert app.osd is not None
    assert app.osd.text_color == (1, 1, 1, 0.5)
    with pytest.raises(ValueError) as error:
        write_app_file(app)
    assert "csv" in str(error.value)
    sources, _ = read_source_csv("enable,type,uri\n1,4,rtsp://a\n1,4,rtsp://b\n")
    written = write_app_file(app.with_csv_sources(sources))
    assert list(read_clean(written).sources.values()) == list(sources)


@pytest.mark.parametrize(
    "name", ["source0", "source-list", "source-attr-all", "visionencoder", "secondary-pre-process0"]
)
def test_what_the_yaml_form_does_not_know_is_kept_and_said(name: str) -> None:
    app, findings = read_app_file(f"{name}:\n  enable: 1\n", "app.yaml")
    assert app.extra_groups == {name: {"enable": "1"}}
    assert [(one.severity, "from .txt files only" in one.message) for one in findings] == [("warning", True)]
    with pytest.raises(ValueError) as error:
        write_app_file(app)
    assert f"[{name}]" in str(error.value)


def test_keys_that_only_the_key_file_knows() -> None:
    _, findings = read_app_file("streammux:\n  sort-batch: 1\n", "app.yml")
    assert [(one.severity, one.key) for one in findings] == [("warning", "sort-batch")]
    read_clean("[streammux]\nsort-batch=1\n")


def test_true_is_no_number_and_switches_a_source_off() -> None:
    app, findings = read_app_file("[source0]\nenable=true\ntype=4\n", "app.txt")
    assert app.sources[0].enable is None
    assert app.sources[0].extra_keys == {"enable": "true"}
    assert [(one.severity, one.key, one.line) for one in findings] == [("warning", "enable", 2)]
    assert "not in use" in findings[0].message


def test_true_makes_deepstream_refuse_other_groups() -> None:
    _, findings = read_app_file("[osd]\nenable=true\n", "app.txt")
    assert [one.severity for one in findings] == ["error"]


@pytest.mark.parametrize("enable", ["", "enable=0\n"])
def test_of_a_source_that_is_not_in_use_nothing_is_bad(enable: str) -> None:
    _, findings = read_app_file(f"[source0]\n{enable}type=77\nfoo=1\n", "app.txt")
    assert [one.severity for one in findings] == ["note", "note"]
    _, findings = read_app_file("[source0]\nenable=1\ntype=77\nfoo=1\n", "app.txt")
    assert sorted(one.severity for one in findings) == ["error", "warning"]


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("source", "error"),
        ("source1a", "error"),
        ("source07", "warning"),
        ("sink", "warning"),
        ("secondary-gie-x", "warning"),
        ("dewarper", "error"),
        ("hello", "warning"),
    ],
)
def test_names_of_groups_that_deepstream_takes_otherwise(name: str, severity: str) -> None:
    app, findings = read_app_file(f"[{name}]\nenable=1\n", "app.txt")
    assert app.extra_groups == {name: {"enable": "1"}}
    assert [one.severity for one in findings] == [severity]
    assert same(read_app_file(write_app_file(app), "app.txt")[0], app)


def test_the_release_counts() -> None:
    _, findings = read_app_file("[source-list]\nsensor-id-list=a;b\n", "app.txt", DsVersion.V6_1)
    assert [(one.severity, one.key) for one in findings] == [("warning", "sensor-id-list")]


def test_no_message_shows_an_address() -> None:
    text = "[source0]\nenable=1\nuri=rtsp://u:hunter2@\\x\n[source-list]\nlist=rtsp://u:hunter2@\\x\n"
    _, findings = read_app_file(text, "app.txt")
    assert len(errors_in(findings)) == 2
    assert not any("hunter2" in str(one) for one in findings)


def test_what_glib_refuses_is_refused_with_the_line() -> None:
    with pytest.raises(ConfigTextError) as error:
        read_app_file("[osd]\nenable=1\n[osd] # again\n", "app.txt")
    assert error.value.line == 3


NOT_WRITABLE = {
    "ds_can_orientation_basler_cam.yaml": "csv",
    "lpr_app_us_config.yml": "source-list",
    "peoplenet_reidentification.yml": "csv",
}


@pytest.mark.skipif(not SAMPLES, reason="the sample files are not on this machine")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name[-60:])
def test_samples_keep_their_meaning(path: Path) -> None:
    app, findings = read_app_file(path.read_text(), path.name)
    reason = next((reason for name, reason in NOT_WRITABLE.items() if path.name.endswith(name)), None)
    if reason:
        with pytest.raises(ValueError) as error:
            write_app_file(app)
        assert reason in str(error.value)
        return
    assert errors_in(findings) == ()
    again, _ = read_app_file(write_app_file(app), "app.txt")
    assert same(again, app)


def values_of(declared: Any) -> st.SearchStrategy[Any]:
    texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\f"), max_size=12)
    small = st.integers(0, 3)
    return {
        Reader.INTEGER: small,
        Reader.UINT64: st.integers(0, 2**64 - 1),
        Reader.BOOLEAN: st.booleans(),
        Reader.DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
        Reader.STRING: texts,
        Reader.PATH: texts,
        Reader.INTEGER_LIST: st.lists(st.integers(-9, 9), max_size=4).map(tuple),
        Reader.DOUBLE_LIST: st.tuples(*[st.floats(0, 1)] * 4),
        Reader.STRING_LIST: st.lists(texts, max_size=4).map(tuple),
    }[declared.reader]


def groups_of(model: type[KeyGroup]) -> st.SearchStrategy[KeyGroup]:
    def build(values: dict[str, Any]) -> KeyGroup:
        kept: dict[str, Any] = {}
        for name, value in values.items():
            try:
                model(**{name: value})
            except ValueError:
                continue  # no number of this enumeration
            kept[name] = value
        return model(**kept)

    fields = {
        name: st.dictionaries(st.integers(0, 99), values_of(one), max_size=2) if one.prefix else values_of(one)
        for name, one in model.keys().items()
    }
    return st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=4).flatmap(
        lambda names: st.fixed_dictionaries({name: fields[name] for name in names}).map(build)
    )


def files() -> st.SearchStrategy[AppFile]:
    single = {field: st.none() | groups_of(model) for field, model in _KEY_FILE.single.values()}
    numbered = {
        field: st.dictionaries(st.integers(0, 10**9 - 1), groups_of(model), max_size=2)
        for field, model in _KEY_FILE.numbered.values()
    }
    return st.fixed_dictionaries({**single, **numbered}).map(lambda fields: AppFile(**fields))


@given(files())
def test_what_is_written_reads_back_as_the_same(app: AppFile) -> None:
    again, _ = read_app_file(write_app_file(app), "app.txt")
    assert same(again, app)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    for name in ("app.txt", "app.yml"):
        with suppress(ConfigTextError):
            read_app_file(text, name)


def test_manifests_hold_the_whole_file() -> None:
    app, _ = read_app_file(TEXT, "app.txt")
    dumped = app.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert same(AppFile.model_validate(dumped), app)
    assert AppFile(sources={3: SourceGroup(uri="rtsp://a")}).sources[3].uri == "rtsp://a"
