"""A mistyped name is told with the one that was meant: of keys, of groups, whatever the file."""

import random

import pytest

from deepstream.app.config import read_app_file
from deepstream.app.source import SourceGroup
from deepstream.app.streammux import StreammuxGroup
from deepstream.groups import KeyGroup, read_group
from deepstream.keyfile import Entry
from deepstream.message_broker import MessageBrokerGroup
from deepstream.near_miss import near_miss, nearest
from deepstream.nvinfer.config import read_infer_config
from deepstream.nvinfer.property import InferProperty
from deepstream.source_lists import read_source_csv


def mistyped(name: str, seed: int) -> str:
    """The name with one letter lost, doubled or swapped with the next one."""
    dice = random.Random(f"{name}{seed}")
    at = dice.randrange(len(name) - 1)
    return dice.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + name[at] + name[at:],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        ]
    )


@pytest.mark.parametrize("model", [InferProperty, SourceGroup, StreammuxGroup, MessageBrokerGroup])
def test_each_mistyped_key_is_told_with_one_that_there_is(model: type[KeyGroup]) -> None:
    for name in model.names():
        for seed in range(3):
            wrong = mistyped(name, seed)
            if wrong in model.names() or len(name) < 4:
                continue
            _, [finding] = read_group(model, "g", [Entry(wrong, "1", 1)])
            assert "does not know this key" in finding.message
            assert finding.message.rpartition("; did you mean ")[2].removesuffix("?") in model.names()


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        ("[property]\nnetword-mode=2\n", "p.txt", "network-mode"),
        ("property:\n  netword-mode: 2\n", "p.yml", "network-mode"),
        ("[proprty]\nonnx-file=a\n", "p.txt", "property"),
        ("[property]\n[class-atrs-all]\ntopk=1\n", "p.txt", "class-attrs-all"),
    ],
)
def test_files_of_nvinfer(text: str, name: str, meant: str) -> None:
    findings = read_infer_config(text, name)[1]
    assert any(one.message.endswith(f"; did you mean {meant}?") for one in findings)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[primary-gei]\nenable=1\n", "primary-gie"),
        ("[sorce3]\nenable=1\n", "source3"),
        ("[source0]\nenable=1\ntyp=4\n", "type"),
        ("[streammux]\nbatch_size=4\n", "batch-size"),
    ],
)
def test_files_of_the_app(text: str, meant: str) -> None:
    [finding] = [one for one in read_app_file(text, "a.txt")[1] if "does not know" in one.message]
    assert finding.message.endswith(f"; did you mean {meant}?")


def test_columns_of_a_csv_file() -> None:
    findings = read_source_csv("enable,typ,uri\n1,4,rtsp://h/\n")[1]
    assert [one.message.rpartition("; ")[2] for one in findings] == ["did you mean type?"]


def test_another_word_is_no_slip() -> None:
    assert near_miss("odd", InferProperty.names()) == ""
    assert nearest("x" * 100_000, ["network-mode"]) is None
    assert nearest("NETWORK_MODE", ["network-mode"]) == "network-mode"
