#!/usr/bin/env python3
"""Time to import 100 deepstream-app files, each with its model, lines and messages, beside only parsing the same texts."""

import argparse
import posixpath
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stand.fleet import percentile, print_row, print_verdict

from deepstream import keyfile
from importer import ImportOptions, import_config

_FILES = 100
_CAMERAS = 4
_TARGET_MS = 1000.0

_MODEL = """\
[property]
gpu-id=0
gie-unique-id=1
onnx-file=models/cars.onnx
batch-size=4
network-mode=2
num-detected-classes=4
cluster-mode=2
net-scale-factor=0.0039215697906911373

[class-attrs-all]
pre-cluster-threshold=0.2
topk=20
"""


def app_file(number: int) -> str:
    """A deepstream-app file with cameras that have passwords."""
    sources = "".join(
        f"[source{at}]\nenable=1\ntype=4\nuri=rtsp://viewer:secret%40{number}@10.0.{number}.{at}/live\nlatency=200\n"
        "rtsp-reconnect-interval-sec=10\n\n"
        for at in range(_CAMERAS)
    )
    return (
        "[application]\nenable-perf-measurement=1\n\n[tiled-display]\nenable=0\nrows=2\ncolumns=2\n\n"
        f"{sources}[sink0]\nenable=1\ntype=1\nsync=0\n\n"
        "[sink1]\nenable=1\ntype=6\nmsg-conv-config=msgconv.txt\nmsg-broker-conn-str=kafka;9092;events\n"
        "msg-broker-proto-lib=/opt/nvidia/deepstream/deepstream/lib/libnvds_kafka_proto.so\n\n"
        "[streammux]\nbatch-size=4\nwidth=1920\nheight=1080\nlive-source=1\nbatched-push-timeout=40000\n\n"
        "[primary-gie]\nenable=1\ngie-unique-id=1\nbatch-size=4\nconfig-file=model.txt\n\n"
        "[tracker]\nenable=1\nll-lib-file=/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so\n\n"
        "[nvds-analytics]\nenable=1\nconfig-file=lines.txt\n"
    )


def folders() -> dict[str, str]:
    """All files by their paths."""
    lines = "[property]\nenable=1\nconfig-width=1920\nconfig-height=1080\n\n" + "".join(
        f"[line-crossing-stream-{at}]\nenable=1\nline-crossing-Exit=789;672;1084;900;851;773;1203;732\nclass-id=0\n\n"
        for at in range(_CAMERAS)
    )
    messages = "".join(f"[sensor{at}]\nenable=1\ntype=Camera\nid=gate_{at}\n\n" for at in range(_CAMERAS))
    files = {}
    for number in range(_FILES):
        texts = {"app.txt": app_file(number), "model.txt": _MODEL, "lines.txt": lines, "msgconv.txt": messages}
        files |= {f"/apps/{number}/{name}": text for name, text in texts.items()}
    return files


def taken_ms(work: Callable[[], object]) -> float:
    """Milliseconds that some work takes."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=10, help="runs (default: %(default)s)")
    runs = parser.parse_args().n
    files = folders()
    options = ImportOptions(node="gate", image="deepstream:9.1")

    def import_all() -> None:
        for path in files:
            if posixpath.basename(path) == "app.txt":
                result = import_config(path, files.get, lambda _: (), options)
                if len(result.manifests) != _CAMERAS + 1:
                    raise AssertionError(path)

    def parse_all() -> None:
        for text in files.values():
            keyfile.parse(text)

    import_all()
    pairs = [(taken_ms(import_all), taken_ms(parse_all)) for _ in range(runs)]
    ours, theirs = (list(times) for times in zip(*pairs, strict=True))
    print_row(f"import {_FILES} apps, {len(files)} files, {_CAMERAS * _FILES} cameras", ours)
    print_row("keyfile.parse of the same texts", theirs)
    print(f"ratio of the medians: {percentile(ours, 50) / percentile(theirs, 50):.1f}")
    print_verdict(f"import {_FILES} apps, p50", percentile(ours, 50), _TARGET_MS, "ms")


if __name__ == "__main__":
    main()
