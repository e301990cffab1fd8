"""Writes the golden files of format 1: `python -m tests.wire.write_v1 FOLDER`. It was run once, and no test runs it.

What stands in `v1` was written by the last version whose messages did not name their format. Every later version reads
it; a file that is there is never written again. A new format gets a program and a folder of its own.
"""

import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from bus.codec import encode_plain, encode_signed
from controller.model import NodeState, Revision
from controller.planner.planner import plan
from controller.publish.generations import KnownGenerations, next_record
from controller.source.last_good import LastGood
from crds.camera_status import CameraStatus
from crds.condition import Condition, ConditionStatus
from crds.messages import (
    AgentCommand,
    AgentConfig,
    AgentInfo,
    AgentResponse,
    CommandKind,
    GenerationRef,
    InstanceState,
    InstanceStatus,
    Refresh,
    UpdateConfig,
)
from nodeagent.engines.labels import labels_of
from nodeagent.folders.disk import DiskFolders
from nodeagent.model import Applied
from ports.disk import RealDisk
from tests.planner.short_manifests import NOW, ShortFleet, node_id, revision
from tests.wire.golden import AGENT_KEY, CONTROLLER_KEY, FLEET, NODE, runtime_id

LINE = {"direction": [[960, 100], [960, 900]], "line": [[100, 540], [1800, 540]]}
REGION = [[100, 100], [900, 100], [900, 900]]
FLEET_OF_V1: ShortFleet = {
    "node/gate": {"labels": {"site": "north"}},
    "camera/dock": {
        "address": "rtsp://10.0.0.9:554/dock",
        "credentialsRef": {"name": "dock-camera"},
        "exclusive": True,
        "limits": {"minimumFps": 2.5, "notReachableAfterSeconds": 20},
        "frameDelaySeconds": 0.5,
    },
    "camera/lobby": {
        "width": 1920,
        "height": 1080,
        "analytics": {"lineCrossing": {"lines": {"door": LINE}}, "roiFiltering": {"regions": {"hall": REGION}}},
    },
    "dsinstance/yard": {
        "node": "gate",
        "image": "pipeline:1",
        "app": {"kind": "reference", "faceConfidenceThreshold": 0.3},
        "cameras": ["dock", "lobby"],
        "reference": {"detector": {"kind": "people", "pictureWidth": 800}, "batchSize": 8},
        "analytics": {},
        "files": {"labels.txt": "person\n"},
        "container": {
            "env": {"TZ": "UTC"},
            "volumes": [{"hostPath": "/models", "mountPath": "/models"}],
            "memoryMib": 512,
            "cpus": 1.5,
            "stopTimeoutSeconds": 7,
        },
    },
    "dsinstance/hall": {"node": "gate", "cameras": ["lobby"], "app": {"kind": "retinaface", "gpuId": 1}},
    "dsinstance/plaza": {
        "node": "gate",
        "image": "deepstream:9",
        "cameras": ["lobby"],
        "app": {"kind": "deepstream-app"},
        "streammux": {"batchSize": 4, "width": 1280, "height": 720},
        "deepstreamApp": {"primaryGie": {"enable": True, "configFile": "pgie.txt"}},
        "inferConfigs": {"pgie.txt": {"property": {"gieUniqueId": 1, "onnxFile": "/models/cars.onnx", "batchSize": 4}}},
        "container": {"gpus": ["0"], "runtime": "nvidia", "shmSizeMib": 256},
    },
}


def state_of(of: Revision) -> NodeState:
    return plan(of, {}).nodes[node_id("gate")]


def record(state: NodeState, generation: int) -> AgentConfig:
    found = next_record(
        state,
        KnownGenerations(observed=GenerationRef(epoch=2, generation=generation - 1)),
        fleet_id=FLEET,
        epoch=2,
        revision="4f2a91c",
        approved=False,
        now=NOW,
    )
    assert found is not None
    return found


def written() -> dict[str, bytes]:
    """All golden files by their names, as they lie on topics and disks."""
    of = revision(FLEET_OF_V1, "4f2a91c")
    config = record(state_of(of), 7)
    assert len(config.node_config_list) == 3
    node = UUID(NODE)
    info = AgentInfo(
        fleet_id=FLEET,
        node_id=node,
        hostname="gate",
        ip_address="10.0.0.2",
        capacity=4,
        gpulist=("GPU-1",),
        description="below the stairs",
        agent_version="1.0",
        driver="docker",
        public_key=AGENT_KEY.public_key_hex,
        highest=config.ref,
        sent_at=NOW,
    )
    command = AgentCommand(
        fleet_id=FLEET, node_id=node, command=CommandKind.REFUSED, reason="not known", epoch=2, sent_at=NOW
    )
    statuses = tuple(
        InstanceStatus(
            instance_name=one.instance_name,
            state=InstanceState.RUNNING,
            reason="Ready",
            message="all well",
            digest=one.digest,
            generation=7,
            runtime_id=runtime_id(one.instance_name),
            restarts=1,
            started_at=NOW,
            since=NOW,
            cameras=tuple(
                CameraStatus(name=camera.name, ready=True, reason="Frames", fps=24.5, frame_number=99, since=NOW)
                for camera in one.cameras
            ),
            exclusive_cameras=tuple(camera.name for camera in one.cameras if camera.exclusive),
        )
        for one in config.node_config_list
    )
    condition = Condition(
        type="EngineReachable", status=ConditionStatus.TRUE, reason="Answers", last_transition_time=NOW
    )
    response = AgentResponse(
        fleet_id=FLEET,
        node_id=node,
        observed=config.ref,
        applied=config.ref,
        status=statuses,
        conditions=(condition,),
        sequence=12,
        sent_at=NOW + timedelta(seconds=1),
    )
    labels = {one.instance_name: labels_of(FLEET, NODE, one, 7) for one in config.node_config_list}
    files = {
        "AgentInfo": encode_signed(info, AGENT_KEY),
        "AgentCommand": encode_signed(command, CONTROLLER_KEY),
        "AgentConfig": encode_signed(config, CONTROLLER_KEY),
        "AgentResponse": encode_signed(response, AGENT_KEY),
        "UpdateConfig": encode_plain(UpdateConfig(desc="shift change")),
        "Refresh": encode_plain(Refresh(desc="a person")),
        "ledger": encode_signed(config, CONTROLLER_KEY),
        "published": encode_signed(config, CONTROLLER_KEY),
        "labels": json.dumps(labels, indent=2).encode() + b"\n",
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        LastGood(folder / "last-good.json", RealDisk()).store(of)
        files["last-good"] = (folder / "last-good.json").read_bytes()
        directories = DiskFolders(folder / "instances", folder / "secrets")
        for one in config.node_config_list:
            directories.note_applied(Applied(one, 7, runtime_id(one.instance_name)))
            note = folder / "instances" / one.instance_name / "applied.json"
            files[f"applied.{one.instance_name}"] = note.read_bytes()
    return {f"{name}.json": content for name, content in files.items()}


def main(folder: Path) -> None:
    """Writes what is not there yet."""
    for name, content in written().items():
        with (folder / name).open("xb") as file:
            file.write(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
