"""One look at the node: what runs, which images there are, and how the folders are."""

import logging

from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from nodeagent.engines.base import Driver
from nodeagent.folders.base import InstanceFolders
from nodeagent.model import FilesState, Observed, ObservedInstance, Transient
from ports.threads import Threads

_log = logging.getLogger(__name__)


async def look(driver: Driver, folders: InstanceFolders, threads: Threads, desired: AgentConfig | None) -> Observed:
    """Looks at everything.

    Args:
        driver: knows what runs.
        folders: the folders of the instances.
        threads: where their disk is asked.
        desired: the generation in force, whose files are compared.

    Raises:
        Transient: the engine does not answer.
    """
    instances = await driver.observe()
    configs = desired.node_config_list if desired else ()
    images = await driver.images(sorted({one.image for one in configs}))
    drift = await driver.drift([one for one in configs if _is_in_form(instances.get(one.instance_name), one)])
    files, names = await threads.run(_look_at_folders, folders, configs)
    return Observed(instances, files, names, images, drift)


def _is_in_form(there: ObservedInstance | None, config: InstanceConfig) -> bool:
    """False for what was made from other settings of its container, and is going to be made anew anyway."""
    return there is not None and there.digests.container == config.digests.container


def _look_at_folders(
    folders: InstanceFolders, configs: tuple[InstanceConfig, ...]
) -> tuple[dict[str, FilesState], tuple[str, ...]]:
    files = {one.instance_name: _files_state(folders, one) for one in configs}
    try:
        return files, folders.orphans(())
    except Transient as error:
        _log.warning("%s", error)
        return files, ()


def _files_state(folders: InstanceFolders, config: InstanceConfig) -> FilesState:
    try:
        return folders.files_state(config)
    except Transient as error:
        # A disk that does not answer is no evidence of other files: what runs is left alone.
        _log.warning("%s", error)
        return FilesState(current=True)
