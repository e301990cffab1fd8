"""Which model a detector is: its name, and what tells it from others of that name."""

import hashlib
from dataclasses import astuple
from pathlib import Path

from pipeline.detect.detector import DetectorError
from pipeline.files.settings import MotionSettings, PeopleSettings
from pipeline.model import ModelIdentity


def identity_of_file(file: Path) -> ModelIdentity:
    """Names a network by its file, without the ending.

    Raises:
        DetectorError: If it cannot be read.
    """
    try:
        with file.open("rb") as reading:
            return ModelIdentity(file.stem, f"sha256:{hashlib.file_digest(reading, 'sha256').hexdigest()}")
    except OSError as error:
        raise DetectorError(f"{file}: cannot be read: {error.strerror}") from None


def built_in_identity(kind: str, settings: MotionSettings | PeopleSettings) -> ModelIdentity:
    """Names a detector that comes with this program: with other settings it finds other things, so they count."""
    said = repr((kind, astuple(settings)))
    return ModelIdentity(kind, f"sha256:{hashlib.sha256(said.encode()).hexdigest()}")
