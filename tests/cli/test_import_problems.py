"""What the rules say of an imported configuration is told of the file and line that it comes from."""

import pytest

from cli.import_problems import broken_rules
from deepstream.findings import Severity
from tests.importer.stand import imported
from tests.importer.test_same_meaning import APP, FILES, MUX, SINK, TWO


@pytest.mark.parametrize(
    ("files", "place", "message"),
    [
        (
            {"app.txt": f"{TWO}{SINK}{MUX}[sink1]\nenable=1\ntype=6\nmsg-broker-conn-str=h;9092\n"},
            "app.txt:20: error: ",
            'spec.deepstreamApp.sinks["1"].msgBrokerProtoLib: no adaptor',
        ),
        (
            {
                "app.txt": f"{TWO}{SINK}{MUX}[primary-gie]\nenable=1\nconfig-file=d/p.txt\ngie-unique-id=1\n",
                "d/p.txt": "[property]\nonnx-file=/m\nnum-detected-classes=1\ncluster-mode=2\noperate-on-class-ids=-3\n",
            },
            "d/p.txt:5: error: ",
            'spec.inferConfigs["p.txt"].property.operateOnClassIds: a negative number ends the process',
        ),
        (
            {"app.txt": f"{TWO}{SINK}{MUX.replace('batched-push-timeout=40000', 'batched-push-timeout=-1')}"},
            "app.txt:19: error: ",
            "spec.streammux.batchedPushTimeout: -1",
        ),
        (
            {"app.txt": f"{TWO}{SINK}{MUX}[secondary-gie4]\nenable=1\ngie-unique-id=3\n"},
            "app.txt:20: error: ",
            'spec.deepstreamApp.secondaryGies["4"].configFile: a model in use needs its file',
        ),
    ],
)
def test_each_broken_rule_has_the_line_of_its_key(files: dict[str, str], place: str, message: str) -> None:
    said = [str(one) for one in broken_rules(imported(files, "app.txt"))]
    assert [one for one in said if one.startswith(f"{place}{message}")], said


def test_every_place_is_one_of_a_file_that_was_read() -> None:
    files = {**FILES, "/etc/ds/app.txt": APP.replace("msg-broker-proto-lib", "odd-lib").replace("width=1280\n", "")}
    result = imported(files, "/etc/ds/app.txt")
    found = broken_rules(result)
    assert found
    for one in found:
        assert 1 <= one.line <= files[one.file].count("\n") + 1, str(one)


def test_a_warning_does_not_repeat_what_stands_there_already() -> None:
    files = {
        "app.txt": f"{TWO}{SINK}{MUX}[primary-gie]\nenable=1\nconfig-file=p.txt\n",
        "p.txt": "[property]\nnetword-mode=2\n",
    }
    result = imported(files, "app.txt")
    lines = [
        (one.file, one.line) for one in (*result.remarks, *broken_rules(result)) if "netword" in one.message.lower()
    ]
    assert lines == [("p.txt", 2)]


def test_a_note_says_enough_of_an_unused_key_and_of_a_file_that_must_be_there() -> None:
    files = {
        "app.txt": f"{TWO}{SINK}{MUX}[sink1]\nenabled=1\n[primary-gie]\nenable=1\nconfig-file=p.txt\n",
        "p.txt": "[property]\nonnx-file=m.onnx\nlabelfile-path=labels.txt\nnum-detected-classes=1\n",
    }
    result = imported(files, "app.txt")
    said = [one for one in (*result.remarks, *broken_rules(result)) if "label" in str(one) or "enabled" in str(one)]
    assert [(one.file, one.severity) for one in said] == [("app.txt", Severity.NOTE), ("p.txt", Severity.NOTE)]
    # What the rules say besides of a line with a note is another thing.
    assert [one for one in broken_rules(result) if "is built anew at every start" in str(one) and one.line == 2]
