"""Instances of one node are on one network: two sinks at one port are told, with the place of the second."""

from typing import Any

import pytest

from controller.source.read.reader import Loaded
from tests.source.test_remarks import Read

INSTANCE = """\
---
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata: {{name: {name}}}
spec:
  image: people:1
  {node}
  container: {{network: {network}}}
  app: {{kind: deepstream-app}}
  deepstreamApp:
    streams: static
    sinks: {{"0": {{enable: true, type: 4, rtspPort: {rtsp}, udpPort: {udp}}}}}
"""
NODES = "".join(
    f"---\napiVersion: dsfleet.io/v1\nkind: Node\nmetadata: {{name: {name}, labels: {{at: {name}}}}}\n"
    f"spec: {{nodeId: 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5{digit}, hostname: {name}}}\n"
    for name, digit in (("gate", "f"), ("yard", "e"))
)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({}, ["rtspPort", "udpPort"]),
        ({"udp": 5001}, ["rtspPort"]),
        ({"rtsp": 8555, "udp": 5001}, []),
        ({"node": "node: yard"}, []),
        ({"node": "nodeSelector: {}"}, []),
        ({"node": "nodeSelector: {matchLabels: {at: gate}}"}, ["rtspPort", "udpPort"]),
        ({"node": "nodeSelector: {matchLabels: {at: yard}}"}, []),
        ({"network": "none"}, []),
    ],
)
def test_two_instances_of_a_node_on_one_port(read_files: Read, other: dict[str, Any], told: list[str]) -> None:
    usual = {"node": "node: gate", "network": "host", "rtsp": 8554, "udp": 5000}
    text = NODES + INSTANCE.format(name="a", **usual) + INSTANCE.format(name="b", **{**usual, **other})
    reading = read_files({"fleet.yaml": text})
    assert isinstance(reading, Loaded), reading
    shared = [str(one) for one in reading.remarks if "of the same node" in str(one)]
    assert len(shared) == len(told)
    for line, key in zip(sorted(shared), told, strict=True):
        assert line.startswith("fleet.yaml:34:")
        assert f'spec.deepstreamApp.sinks["0"].{key}: warning: ' in line
        assert "dsinstance/a" in line
