"""faceid_align_config.txt: the keys that nvfacealign reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.findings import ConfigTextError, Severity
from deepstream.retinaface.align import FaceAlign, read_face_align, write_face_align

TEXT = """[property]
enable=1
gpu-id=1
target-unique-ids=4;7
network-input-shape=32;3;112;96
tensor-data-type=0
tensor-name=input.1
tensor-buf-pool-size=5
input-object-min-width=30
input-object-max-width=1920
input-object-min-height=31
input-object-max-height=1080
"""


def test_every_key_is_read_and_written() -> None:
    align, findings = read_face_align(TEXT)

    assert findings == ()
    assert align == FaceAlign(
        enable=True,
        gpu_id=1,
        target_unique_ids=(4, 7),
        network_input_shape=(32, 3, 112, 96),
        tensor_data_type=0,
        tensor_name="input.1",
        tensor_buf_pool_size=5,
        input_object_min_width=30,
        input_object_max_width=1920,
        input_object_min_height=31,
        input_object_max_height=1080,
    )
    assert write_face_align(align) == TEXT
    assert write_face_align(align, header="made\nhere").startswith("# made\n# here\n\n[property]\n")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("network-input-shape", "96;3;112"),
        ("network-input-shape", "0;3;112;112"),
        ("network-input-shape", "96;x;112;112"),
        ("input-object-min-width", "-1"),
        ("gpu-id", "-1"),
        ("tensor-buf-pool-size", "0"),
    ],
)
def test_a_value_that_the_element_fails_by_is_an_error_in_its_line_and_kept(key: str, value: str) -> None:
    lines = [f"{key}={value}" if line.startswith(f"{key}=") else line for line in TEXT.splitlines()]

    align, findings = read_face_align("\n".join(lines))

    assert [(one.severity, one.key, one.line) for one in findings] == [
        (Severity.ERROR, key, lines.index(f"{key}={value}") + 1)
    ]
    assert align.extra_keys == {key: value}
    assert f"\n{key}={value}\n" in write_face_align(align)


@pytest.mark.parametrize("value", ["yes", "2"])
def test_what_the_element_does_not_read_it_does_not_refuse(value: str) -> None:
    align, findings = read_face_align(TEXT.replace("enable=1", f"enable={value}"))
    assert [(one.severity, one.key, one.line) for one in findings] == [(Severity.WARNING, "enable", 2)]
    assert align.extra_keys == {"enable": value}


def test_unknown_keys_are_kept_and_unknown_groups_told() -> None:
    align, findings = read_face_align("[extra]\na=1\n[property]\nb=2\n")
    assert align == FaceAlign(extra_keys={"b": "2"})
    assert [(one.severity, one.group, one.key, one.line) for one in findings] == [
        (Severity.WARNING, "extra", "", 1),
        (Severity.WARNING, "property", "b", 4),
    ]


def test_a_file_without_its_group_is_an_error() -> None:
    align, findings = read_face_align("")
    assert align == FaceAlign()
    assert [(one.severity, one.group) for one in findings] == [(Severity.ERROR, "property")]


def test_what_glib_refuses_is_refused() -> None:
    with pytest.raises(ConfigTextError) as refused:
        read_face_align("[property]\nnonsense\n")
    assert refused.value.line == 2


counts = st.none() | st.integers(0, 2**31 - 1)
aligns = st.builds(
    FaceAlign,
    enable=st.none() | st.booleans(),
    gpu_id=counts,
    target_unique_ids=st.none() | st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=4).map(tuple),
    network_input_shape=st.none() | st.tuples(*[st.integers(1, 2**31 - 1)] * 4),
    tensor_data_type=counts,
    tensor_name=st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00\f")),
    input_object_max_width=counts,
    extra_keys=st.dictionaries(st.sampled_from(["one", "two-b"]), st.sampled_from(["1", "a;b", ""])),
)


@given(aligns)
def test_what_is_written_is_read_back(align: FaceAlign) -> None:
    again, _ = read_face_align(write_face_align(align))
    assert again == align
