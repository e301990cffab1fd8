"""What goes into an import and what comes out of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crds.document import Manifest
from crds.secret import Secret
from deepstream.findings import Severity
from deepstream.versions import NEWEST, DsVersion, nearest_known, release_in_image
from importer.places import Places

ReadFile = Callable[[str], str | None]
"""The text of a file; None when there is none, or no UTF-8."""
ListFolder = Callable[[str], tuple[str, ...]]
"""The names of the files in a folder; none for what is no folder."""


@dataclass(frozen=True)
class ImportOptions:
    """What the configuration itself does not say."""

    name: str | None = None
    """Name of the instance; by default it is made of the name of the file."""
    node: str | None = None
    image: str | None = None
    ds_version: DsVersion | None = None
    base_dir: str | None = None
    """The folder that the file lies in as the container sees it; relative paths become absolute by it."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of all manifests."""

    @property
    def release(self) -> DsVersion:
        """The release that files of DeepStream's own apps are read for: as asked for, as the image names it, or the newest."""
        tag = release_in_image(self.image or "")
        return self.ds_version or (nearest_known(tag) if tag else NEWEST)


@dataclass(frozen=True)
class Remark:
    """One thing to know about what was imported, or could not be."""

    severity: Severity
    file: str
    """A file that was read."""
    line: int
    """Counts from 1, which also stands for the file as a whole."""
    message: str
    left_out: bool = False
    """True when something that stands there is in no manifest."""

    def __str__(self) -> str:
        """One line for people: `app.txt:12: warning: ...`."""
        return f"{self.file}:{self.line}: {self.severity.value}: {self.message}"


@dataclass(frozen=True)
class Imported:
    """What a configuration became."""

    manifests: tuple[Manifest, ...]
    """Cameras in the order of their source ids, then the instance."""
    main: str
    """The file that was read first."""
    secrets: Mapping[str, Secret] = field(repr=False)
    """By name, what was taken out of the configuration."""
    places: Places
    """Where in the files that were read the parts of manifests come from."""
    remarks: tuple[Remark, ...]


class CannotImport(ValueError):  # noqa: N818 - it says what happened, as the command does
    """There is nothing that manifests could be made of; the message says what was found and what is expected."""
