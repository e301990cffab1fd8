from pathlib import Path

import pytest

from deepstream.analytics import groups as written
from deepstream.analytics.config import AnalyticsFile, write_analytics_file
from pipeline.files.analytics_file import read_analytics
from pipeline.files.json_reader import ConfigError
from pipeline.files.rules import (
    AnalyticsRules,
    CrossingLine,
    DirectionRule,
    LineCrossingRule,
    Mode,
    OvercrowdingRule,
    RoiFilteringRule,
    StreamRules,
)

HEAD = "[property]\nenable=1\nconfig-width=640\nconfig-height=480\n"
TRIANGLE = ((0.0, 0.0), (10.0, 0.0), (10.0, 20.0))


def read(folder: Path, text: str) -> AnalyticsRules:
    file = folder / "config_nvdsanalytics.txt"
    file.write_text(text)
    return read_analytics(file)


def test_without_the_file_there_are_no_rules(tmp_path: Path) -> None:
    assert read_analytics(tmp_path / "none.txt") == AnalyticsRules()


def test_with_no_key_but_the_shapes_the_defaults_are_those_of_deepstream(tmp_path: Path) -> None:
    rules = read(
        tmp_path,
        HEAD
        + "[roi-filtering-stream-0]\nenable=1\nroi-A=0;0;10;0;10;20;\n"
        + "[overcrowding-stream-0]\nenable=1\nroi-B=0;0;10;0;10;20\n"
        + "[line-crossing-stream-0]\nenable=1\nline-crossing-C=1;2;3;4;5;6;7;8\n"
        + "[direction-detection-stream-3]\nenable=1\ndirection-D=1;2;3;4\n",
    )

    assert (rules.width, rules.height) == (640, 480)
    assert rules.of(0) == StreamRules(
        roi_filtering=RoiFilteringRule({"A": TRIANGLE}, inverse=False, class_ids=None),
        overcrowding=OvercrowdingRule({"B": TRIANGLE}, object_threshold=1, time_threshold_ms=2000, class_ids=None),
        line_crossing=LineCrossingRule(
            {"C": CrossingLine(((1.0, 2.0), (3.0, 4.0)), (5.0, 6.0), (7.0, 8.0))}, extended=True, mode=Mode.LOOSE
        ),
    )
    assert rules.of(3) == StreamRules(direction=DirectionRule({"D": ((1.0, 2.0), (3.0, 4.0))}, mode=Mode.BALANCED))
    assert rules.of(1) == StreamRules()


def test_every_key(tmp_path: Path) -> None:
    rules = read(
        tmp_path,
        HEAD
        + "osd-mode=2\ndisplay-font-size=12\nobj-cnt-win-in-ms=500\ndisplay-obj-cnt=1\n"
        + "[roi-filtering-stream-0]\nenable=1\nroi-A=0;0;10;0;10;20\ninverse-roi=1\nclass-id=0;2\n"
        + "[overcrowding-stream-0]\nenable=1\nroi-B=0;0;10;0;10;20\nobject-threshold=3\ntime-threshold=500\nclass-id=-1\n"
        + "[line-crossing-stream-0]\nenable=1\nline-crossing-C=1;2;3;4;5;6;7;8\nextended=0\nmode=strict\nclass-id=1\n"
        + "[direction-detection-stream-0]\nenable=1\ndirection-D=1;2;3;4\nmode=loose\nclass-id=1;-1\n",
    ).of(0)

    assert rules.roi_filtering == RoiFilteringRule({"A": TRIANGLE}, inverse=True, class_ids=frozenset({0, 2}))
    assert rules.overcrowding == OvercrowdingRule({"B": TRIANGLE}, object_threshold=3, time_threshold_ms=500)
    assert rules.line_crossing is not None
    assert (rules.line_crossing.extended, rules.line_crossing.mode) == (False, Mode.STRICT)
    assert rules.line_crossing.class_ids == frozenset({1})
    assert rules.direction is not None
    assert (rules.direction.mode, rules.direction.class_ids) == (Mode.LOOSE, None)


def test_what_the_controller_writes_is_read_as_it_was_meant(tmp_path: Path) -> None:
    given = AnalyticsFile(
        settings=written.AnalyticsProperty(enable=True, config_width=1920, config_height=1080),
        line_crossing={
            2: written.LineCrossing(
                enable=True,
                lines={"in-1": {"direction": ((10, 20), (30, 40)), "line": ((0, 300), (1920, 310))}},
                extended=False,
                mode=written.Mode.BALANCED,
                class_ids=(0, 1),
            )
        },
        overcrowding={
            0: written.Overcrowding(
                enable=True,
                regions={"hall": ((0, 0), (9, 0), (9, 9), (0, 9))},
                object_threshold=5,
                time_threshold_ms=100,
            )
        },
    )

    rules = read(tmp_path, write_analytics_file(given, "a header"))

    assert rules == AnalyticsRules(
        1920,
        1080,
        {
            2: StreamRules(
                line_crossing=LineCrossingRule(
                    {"in-1": CrossingLine(((10.0, 20.0), (30.0, 40.0)), (0.0, 300.0), (1920.0, 310.0))},
                    extended=False,
                    mode=Mode.BALANCED,
                    class_ids=frozenset({0, 1}),
                )
            ),
            0: StreamRules(
                overcrowding=OvercrowdingRule(
                    {"hall": ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))},
                    object_threshold=5,
                    time_threshold_ms=100,
                )
            ),
        },
    )


def test_nothing_that_is_not_enabled_counts(tmp_path: Path) -> None:
    group = "[line-crossing-stream-0]\nline-crossing-C=1;2;3;4;5;6;7;8\n"

    assert read(tmp_path, HEAD + group).of(0) == StreamRules()
    assert read(tmp_path, HEAD + group + "enable=0\n").of(0) == StreamRules()
    assert read(tmp_path, HEAD.replace("enable=1", "enable=0") + group + "enable=1\n") == AnalyticsRules()


@pytest.mark.parametrize(
    "extra", ["[other]\na=b\n", "[line-crossing]\nx=1\n", "[overcrowding-stream-0]\nroi-A=0;0;9;0;9;9\nx=1\n"]
)
def test_what_deepstream_ignores_is_ignored(tmp_path: Path, extra: str) -> None:
    assert read(tmp_path, HEAD + extra).of(0) == StreamRules()


def test_lists_may_end_as_people_end_them(tmp_path: Path) -> None:
    group = "[line-crossing-stream-0]\nenable=1\nline-crossing-C=1; 2;3;4;5;6;7;8; \nmode=sloppy\n"

    rule = read(tmp_path, HEAD + group).of(0).line_crossing

    assert rule == LineCrossingRule(
        {"C": CrossingLine(((1.0, 2.0), (3.0, 4.0)), (5.0, 6.0), (7.0, 8.0))}, mode=Mode.LOOSE
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[other]\n", ": the group [property] is missing"),
        ("[property]\nenable=1\nconfig-height=9\n", ":1: [property] config-width: missing"),
        ("[property]\nenable=1\nconfig-width=9\n", ":1: [property] config-height: missing"),
        ("[property]\nconfig-width=9\nconfig-height=9\n", ":1: [property] enable: missing"),
        ("[property]\nenable=1\nconfig-width=0\nconfig-height=9\n", ":3: [property] config-width: must be at least 1"),
        ("[property]\nenable=1\nconfig-width=wide\nconfig-height=9\n", ":3: [property] config-width: must be made of"),
        (HEAD + "osd-mode=3\n", ":5: [property] osd-mode: must be at most 2"),
        (HEAD + "[line-crossing-stream-0]\nenable=1\n", ":5: [line-crossing-stream-0]: has no line-crossing-<label>"),
        (HEAD + "[overcrowding-stream-0]\nenable=0\n", ":5: [overcrowding-stream-0]: has no roi-<label>"),
        (
            HEAD + "[roi-filtering-stream-x]\nroi-A=0;0;9;0;9;9\n",
            ":5: [roi-filtering-stream-x]: the name must end with",
        ),
        (
            HEAD + "[roi-filtering-stream-1]\nroi-A=0;0;9;0;9;9\n[roi-filtering-stream-01]\nroi-B=0;0;9;0;9;9\n",
            ":7: [roi-filtering-stream-01]: the stream has another group of this kind",
        ),
        (
            HEAD + "[roi-filtering-stream-1]\nroi-A=0;0;9;0\n",
            ":6: [roi-filtering-stream-1] roi-A: must be a region of 3",
        ),
        (
            HEAD + "[overcrowding-stream-1]\nroi-A=0;0;9;0;9\n",
            ":6: [overcrowding-stream-1] roi-A: 5 numbers are no points",
        ),
        (
            HEAD + "[line-crossing-stream-1]\nline-crossing-A=1;2;3;4;5;6\n",
            ":6: [line-crossing-stream-1] line-crossing-A: must be 8 numbers",
        ),
        (
            HEAD + "[line-crossing-stream-1]\nline-crossing-A=1;2;3;4;5;6;7;8;9;10\n",
            ":6: [line-crossing-stream-1] line-crossing-A: must be 8 numbers",
        ),
        (
            HEAD + "[line-crossing-stream-1]\nline-crossing-A=1;2;3;4;5;6;7;-8\n",
            ":6: [line-crossing-stream-1] line-crossing-A: a point lies left of or above",
        ),
        (
            HEAD + "[direction-detection-stream-1]\ndirection-A=1;2;3;4;5;6\n",
            ":6: [direction-detection-stream-1] direction-A: must be 4 numbers",
        ),
        (
            HEAD + "[line-crossing-stream-0]\nenable=yes\nline-crossing-A=1;2;3;4;5;6;7;8\n",
            ":6: [line-crossing-stream-0] enable: must be 1 or 0",
        ),
        (
            HEAD + "[overcrowding-stream-0]\nroi-A=0;0;9;0;9;9\nobject-threshold=-1\n",
            ":7: [overcrowding-stream-0] object-threshold: must be at least 0",
        ),
        (
            HEAD + "[overcrowding-stream-0]\nroi-A=0;0;9;0;9;9\nclass-id=all\n",
            ":7: [overcrowding-stream-0] class-id: must be",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path}/config_nvdsanalytics.txt{message}")
    assert "\n" not in str(error.value)
