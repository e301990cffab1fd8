"""Short instances of deepstream-app with their cameras, for the tests beside."""

from typing import Any

from controller.render.instance import render_instance
from controller.render.resolved import ResolvedInstance, resolve
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from tests.planner.short_manifests import manifest, merged

LINE = {"direction": [[960, 100], [960, 900]], "line": [[100, 540], [1800, 540]]}
MUX = {"batchSize": 4, "width": 1280, "height": 720}
BASE: dict[str, Any] = {
    "node": "gate",
    "app": {"kind": "deepstream-app"},
    "streammux": MUX,
    "deepstreamApp": {"primaryGie": {"enable": True, "configFile": "pgie.txt"}},
    "inferConfigs": {
        "pgie.txt": {
            "property": {
                "gieUniqueId": 1,
                "onnxFile": "/models/cars.onnx",
                "batchSize": 4,
                "networkMode": 2,
                "numDetectedClasses": 4,
                "clusterMode": 2,
            }
        }
    },
}


def camera(name: str, **spec: Any) -> Camera:
    one = manifest(f"camera/{name}", spec)
    assert isinstance(one, Camera)
    return one


def instance(patch: dict[str, Any] | None = None) -> DsInstance:
    one = manifest("dsinstance/yard", merged(BASE, patch or {}))
    assert isinstance(one, DsInstance)
    return one


def resolved(
    cameras: tuple[Camera, ...], patch: dict[str, Any] | None = None, slots: dict[str, int] | None = None
) -> ResolvedInstance:
    return resolve(instance(patch), cameras, 21000, slots)


def rendered(
    cameras: tuple[Camera, ...], patch: dict[str, Any] | None = None, slots: dict[str, int] | None = None
) -> InstanceConfig:
    return render_instance(instance(patch), cameras, 21000, slots)


def files(config: InstanceConfig) -> dict[str, str]:
    return {file.path: file.content for file in config.files}
