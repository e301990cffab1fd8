"""The import of whatever a path leads to."""

import posixpath
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from crds.document import API_VERSION, Manifest
from crds.dsinstance import DsInstance
from deepstream.findings import Severity
from importer.app_import import AppImport
from importer.cameras import CameraMaker, Draft
from importer.desk import Desk
from importer.model import CannotImport, Imported, ImportOptions, ListFolder, ReadFile
from importer.names import slug, stem
from importer.recognise import ConfigKind, Recognised, recognise
from importer.retinaface_import import import_retinaface
from importer.single_files import import_analytics_alone, import_infer_alone
from importer.triton_files import import_triton_alone

_OWN_FILES: Final = ("deepstream_app.txt", "config_nvdsanalytics.txt", "msgconv_config.txt")
"""Names of the files that are made of manifests: others are called otherwise."""
_IMAGES: Final = {ConfigKind.RETINAFACE: "retinaface:latest"}
_ANY_IMAGE: Final = "deepstream:latest"


def import_config(path: str, read_file: ReadFile, list_folder: ListFolder, options: ImportOptions) -> Imported:
    """Makes manifests of a configuration.

    Args:
        path: a file, or a folder.
        read_file: gives the text of a file, or None.
        list_folder: gives the names in a folder, none for what is no folder.
        options: what the configuration does not say.

    Raises:
        CannotImport: there is nothing that manifests could be made of.
    """
    found = recognise(path, read_file, list_folder)
    main = posixpath.join(found.path, "") if found.kind is ConfigKind.RETINAFACE else found.path
    whole = posixpath.join(found.path, found.app_conf or found.source_list or "") if main.endswith("/") else main
    desk = Desk(main, whole, read_file, options, _name(found, options), _OWN_FILES)
    spec, maker, drafts = _parts(desk, found)
    for draft in drafts:
        draft.spec = desk.secrets.without_user_info(draft.spec)
    spec = _whole_spec(desk, found, spec, drafts)
    try:
        cameras: list[Manifest] = [maker.manifest(draft) for draft in drafts]
        instance = DsInstance.model_validate(_document(desk, spec))
    except ValidationError as error:
        raise CannotImport(f"{path}: {_complaint(error)}") from None
    return Imported(
        (*cameras, instance), desk.whole, desk.secrets.by_name, desk.places, tuple(dict.fromkeys(desk.remarks))
    )


def _parts(desk: Desk, found: Recognised) -> tuple[dict[str, Any], CameraMaker, list[Draft]]:
    match found.kind:
        case ConfigKind.APP:
            spec, sources = AppImport(desk, found.text).spec()
            return spec, sources.cameras, sources.drafts
        case ConfigKind.INFER:
            return import_infer_alone(desk), CameraMaker(desk), []
        case ConfigKind.ANALYTICS:
            return import_analytics_alone(desk, found.text)
        case ConfigKind.TRITON:
            return import_triton_alone(desk, found.text), CameraMaker(desk), []
        case ConfigKind.RETINAFACE:
            return import_retinaface(desk, found)


def _name(found: Recognised, options: ImportOptions) -> str:
    if options.name is not None:
        return options.name
    default = "retinaface" if found.kind is ConfigKind.RETINAFACE else "deepstream"
    return slug(stem(found.path)) or default


def _whole_spec(desk: Desk, found: Recognised, spec: Mapping[str, Any], drafts: list[Draft]) -> dict[str, Any]:
    options = desk.options
    kind = "retinaface" if found.kind is ConfigKind.RETINAFACE else "deepstream-app"
    image = options.image
    if image is None:
        image = _IMAGES.get(found.kind, _ANY_IMAGE)
        message = f"no image is known: set spec.image of the instance, which is {image} now, or import with --image"
        desk.remark(Severity.WARNING, desk.whole, None, message)
    whole: dict[str, Any] = {"image": image, "app": {"kind": kind, **spec.get("app", {})}}
    if options.ds_version is not None:
        whole["dsVersion"] = options.ds_version.value
    whole |= {key: desk.secrets.without_user_info(value) for key, value in spec.items() if key != "app"}
    if desk.files:
        whole["files"] = {name: desk.secrets.without_user_info(text) for name, text in desk.files.items()}
    if options.node is not None:
        whole["node"] = options.node
    else:
        whole["nodeSelector"] = {}
        message = (
            "no node is known: any node may run the instance (spec.nodeSelector); set spec.node, or import with --node"
        )
        desk.remark(Severity.NOTE, desk.whole, None, message)
    if any(draft.spec.get("type") == "csi" for draft in drafts):
        whole["container"] = {"runtime": "nvidia"}
        message = (
            "only a Jetson board has CSI cameras: spec.container.runtime is nvidia, with which DeepStream runs there"
        )
        desk.remark(Severity.NOTE, desk.whole, None, message)
    if drafts:
        whole["cameras"] = [draft.name for draft in drafts]
    return whole


def _document(desk: Desk, spec: Mapping[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": desk.name}
    if desk.options.labels:
        metadata["labels"] = dict(desk.options.labels)
    return {"apiVersion": API_VERSION, "kind": "DsInstance", "metadata": metadata, "spec": spec}


def _complaint(error: ValidationError) -> str:
    """What a manifest cannot hold, without its value."""
    [first, *_] = error.errors(include_url=False, include_context=False, include_input=False)
    where = ".".join(str(part) for part in first["loc"])
    return f"manifests cannot hold this: {where}: {first['msg'].removeprefix('Value error, ')}"
