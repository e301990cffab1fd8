"""Makes manifests of configurations that DeepStream apps run with already.

Here belong: which kind of file it is, how its sources become cameras, where the files that it names go, and what cannot
be said in a manifest. Pure: texts come through functions that the caller gives.

Never here: the formats of the files (`deepstream`), and how manifests become files again (`controller.render`).
"""

from importer.entry import import_config
from importer.model import CannotImport, Imported, ImportOptions, Remark

__all__ = ["CannotImport", "ImportOptions", "Imported", "Remark", "import_config"]
