"""One look at the node: what runs, which images there are, and how the folders are."""

import asyncio
import importlib
import logging
from collections.abc import Mapping

from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from nodeagent.engines.base import Driver
from nodeagent.folders.base import InstanceFolders
from nodeagent.model import FilesState, Observed, ObservedInstance, Transient
from ports.threads import Threads

_log = logging.getLogger(__name__)

_ALL_RIGHT = FilesState(current=True)


KnownFiles = Mapping[str, tuple[InstanceConfig | None, FilesState]]
"""By name of the instance: the form that its files were compared with, None if they could not be read, and how they are."""


async def look(
    driver: Driver, folders: InstanceFolders, threads: Threads, desired: AgentConfig | None, known: KnownFiles
) -> tuple[Observed, KnownFiles]:
    """Looks at everything, but for folders of which it is known how they are.

    Args:
        driver: knows what runs.
        folders: the folders of the instances.
        threads: where their disk is asked.
        desired: the generation in force, whose files are compared.
        known: what is known of their files; those that nothing was wrong with are not read again for the same form.

    Returns:
        What was seen, and what is known of the files now.

    Raises:
        Transient: the engine does not answer.
    """
    configs = desired.node_config_list if desired else ()
    instances, images, (files, names) = await asyncio.gather(
        driver.observe(),
        driver.images(sorted({one.image for one in configs})),
        threads.run(_look_at_folders, folders, configs, known),
    )
    if any(_is_changed(instances.get(one.instance_name), one) for one in configs):
        # What tells two forms apart brings the models of all kinds: the first time that takes a quarter of a second.
        await threads.run(importlib.import_module, "crds.difference")
    in_form = [one for one in configs if _is_in_form(instances.get(one.instance_name), one)]
    drift = await driver.drift(in_form) if in_form else {}
    states = {name: state for name, (_, state) in files.items()}
    return Observed(instances, states, names, images, drift), files


def _is_in_form(there: ObservedInstance | None, config: InstanceConfig) -> bool:
    """False for what was made from other settings of its container, and is going to be made anew anyway."""
    return there is not None and there.digests.container == config.digests.container


def _is_changed(there: ObservedInstance | None, config: InstanceConfig) -> bool:
    """Whether the differ will ask what is different."""
    return there is not None and there.applied is not None and there.digest != config.digest


def _look_at_folders(
    folders: InstanceFolders, configs: tuple[InstanceConfig, ...], known: KnownFiles
) -> tuple[KnownFiles, tuple[str, ...]]:
    files = {one.instance_name: _files(folders, one, known.get(one.instance_name)) for one in configs}
    try:
        return files, folders.orphans(())
    except Transient as error:
        _log.warning("%s", error)
        return files, ()


def _files(
    folders: InstanceFolders, config: InstanceConfig, known: tuple[InstanceConfig | None, FilesState] | None
) -> tuple[InstanceConfig | None, FilesState]:
    """How the files are, and by which form; they are not read again when they are right, and wait for nothing."""
    if known is not None and known[0] is config and known[1] == _ALL_RIGHT:
        return known
    try:
        return config, folders.files_state(config)
    except Transient as error:
        # A disk that does not answer is no evidence of other files: what runs is left alone.
        _log.warning("%s", error)
        return None, _ALL_RIGHT
