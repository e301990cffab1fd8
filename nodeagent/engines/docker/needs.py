"""What a machine must have before a container can be made on it."""

from pathlib import Path

from crds.instance_config import InstanceConfig
from nodeagent.engines.docker.engine import DockerEngine
from nodeagent.model import Waiting


def wait_for_what_is_missing(config: InstanceConfig, engine: DockerEngine) -> None:
    """Asked when the engine has refused a container: is it for something that can be put right on this machine?

    Raises:
        Waiting: this machine lacks something that the container needs.
    """
    for volume in config.container.volumes:
        if not Path(volume.host_path).exists():
            raise Waiting(f"{volume.host_path} does not exist on this node", on=f"folder {volume.host_path}")
    for device in config.container.devices:
        if not Path(device).exists():
            raise Waiting(f"there is no device {device} on this node: is the camera plugged in?", on=f"device {device}")
    runtime = config.container.runtime
    if runtime != "default" and runtime not in engine.client().info()["Runtimes"]:
        raise Waiting(f"the engine has no container runtime {runtime!r}", on=f"container runtime {runtime}")
