"""Files with the names of classes."""

from pathlib import Path
from typing import Final

from pipeline.detect.detector import DetectorError

# A thousand classes take 20 kB; what is much larger is another file, such as the model.
_LARGEST_BYTES: Final = 1_000_000


def read_labels(file: Path) -> tuple[str, ...]:
    """Returns the names, one per line, of classes 0, 1 and so on; empty lines at the end are none.

    Raises:
        DetectorError: If it cannot be read as such a file.
    """
    try:
        if not file.is_file():
            raise DetectorError(f"{file}: there is no such file of labels")
        if file.stat().st_size > _LARGEST_BYTES:
            raise DetectorError(f"{file}: too large for a file of labels, which has the name of one class per line")
        lines = file.read_text(encoding="utf-8-sig").rstrip().splitlines()
    except UnicodeDecodeError:
        raise DetectorError(f"{file}: not a file of labels: it is not UTF-8 text") from None
    except OSError as error:
        raise DetectorError(f"{file}: cannot be read: {error.strerror}") from None
    labels = tuple(line.strip() for line in lines)
    if "" in labels:
        raise DetectorError(f"{file}: line {labels.index('') + 1} is empty: the classes after it would be misnamed")
    if not labels:
        raise DetectorError(f"{file}: holds no labels")
    return labels
