"""Where the real sample files of DeepStream are, on machines that have them: they are not ours to copy."""

import os
from pathlib import Path

_BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[2] / "../shared/facts/deepstream-samples"


def samples_of(kind: str) -> list[Path]:
    """The sample files of a kind, such as nvinfer, in the order of their names; none when they are not here."""
    return sorted(path for path in (_root() / kind).glob("*") if path.is_file())


def all_samples() -> list[Path]:
    """The sample files of all kinds."""
    return sorted(path for path in _root().glob("*/*") if path.is_file())


def _root() -> Path:
    return Path(os.environ.get("FLEET_DEEPSTREAM_SAMPLES") or _BESIDE_THE_REPOSITORY)
