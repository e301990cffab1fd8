"""Which TensorRT engines a container may find: those of its image, its kind of GPU and its models."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

_DRIVER: Final = Path("/proc/driver/nvidia/gpus")
_BOARD: Final = Path("/proc/device-tree/model")
_UNKNOWN: Final = "unknown-gpu"
_LONGEST: Final = 64
_DIGITS: Final = 12


def engine_folder_name(image_id: str | None, gpus: Mapping[str, str], wanted: Collection[str], engines: str) -> str:
    """The name of the folder that holds the engines of one container: equal names may share them, others may not.

    Args:
        image_id: of the image, which stands for its TensorRT; None when it is not known.
        gpus: the GPUs of this machine, kinds by UUID.
        wanted: the GPUs that the container sees, by UUID or index; all of them when there are none.
        engines: the digest of what the engines are built from, see `PartDigests.engines`.

    Returns:
        `<image>_<kinds of GPU>_<models>`, with digits of digests. With GPUs that are given by index, whose order is
        not known here, all kinds of the machine stand in it.
    """
    chosen = [kind for uuid, kind in gpus.items() if uuid in wanted]
    kinds = sorted({re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-") for kind in chosen or gpus.values()})
    gpu = "+".join(kinds)[:_LONGEST] or _UNKNOWN
    return f"{_digits(image_id or '') or 'unknown-image'}_{gpu}_{_digits(engines) or 'none'}"


def gpus_of_machine(driver: Path = _DRIVER, board: Path = _BOARD) -> dict[str, str]:
    """Kinds of the GPUs of this machine by UUID, as NVIDIA's driver tells them; on a Jetson the name of the board.

    Args:
        driver: where the driver has a folder for each GPU.
        board: the name of the board.
    """
    found = {}
    for file in sorted(driver.glob("*/information")):
        told = dict(re.findall(r"^([^:\n]+):[ \t]*(.*?)[ \t]*$", _text(file), re.MULTILINE))
        if "Model" in told:
            found[told.get("GPU UUID", file.parent.name)] = told["Model"]
    name = "" if found else _text(board).strip("\0\n ")
    return {name: name} if "nvidia" in name.lower() else found


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def _digits(digest: str) -> str:
    return digest.removeprefix("sha256:")[:_DIGITS]
