"""What must hold across an nvdspreprocess file. Source: gstnvdspreprocess.cpp and its parser, DeepStream 9.1."""

import re
from collections.abc import Iterator, Mapping

from deepstream.findings import Finding, Severity
from deepstream.preprocess.config import PreprocessFile
from deepstream.preprocess.groups import NetworkInputOrder, PreprocessGroup, PreprocessProperty, UserConfigs
from deepstream.versions import NEWEST, DsVersion

_MANDATORY = (
    "processing_width",
    "processing_height",
    "network_input_order",
    "network_input_shape",
    "network_color_format",
    "tensor_data_type",
    "tensor_name",
    "custom_lib_path",
    "custom_tensor_preparation_function",
    "scaling_filter",
    "scaling_pool_memory_type",
)
_RELATIVE_PATH = re.compile(r"(?!/)([\w.-]+/)*[\w.-]*\.[A-Za-z][A-Za-z0-9]{0,7}")
"""A name with a suffix; numbers, words and lists are none."""
_ALL_SOURCES = -1
_LAST_WITH_SHORT_TYPES = DsVersion.V6_3


def check_preprocess_file(
    file: PreprocessFile,
    version: DsVersion = NEWEST,
    *,
    batch_size: int | None = None,
    gie_batch_sizes: Mapping[int, int | None] | None = None,
) -> tuple[Finding, ...]:
    """Checks a whole file.

    Args:
        file: what to check.
        version: the DeepStream that reads it.
        batch_size: number of streams of the streammux; None when it is not known.
        gie_batch_sizes: by gie-unique-id, the inferences of the pipeline with their batch-size; None when not known.
    """
    return tuple(_findings(file, version, batch_size, gie_batch_sizes))


def check_user_paths(group: UserConfigs) -> Iterator[Finding]:
    """Paths that are handed to the custom library as they are: it opens relative ones from the working directory.

    Source: `nvdspreprocess_parse_user_configs` resolves no path.
    """
    for name, value in group.settings.items():
        if _RELATIVE_PATH.fullmatch(value):
            message = (
                f"the custom library is handed {value!r} as it is, and opens it from the working directory of the process, "
                "not beside this file; give its whole path"
            )
            yield Finding(Severity.WARNING, message, "user-configs", name)


def _findings(
    file: PreprocessFile,
    version: DsVersion,
    batch_size: int | None,
    gie_batch_sizes: Mapping[int, int | None] | None,
) -> Iterator[Finding]:
    if file.settings is None:
        yield Finding(Severity.ERROR, "the group is missing: DeepStream refuses the file", "property")
        return
    yield from _check_property(file.settings, version)
    yield from _check_targets(file.settings, gie_batch_sizes)
    on_frame = file.settings.process_on_frame is not False
    for number, group in file.groups.items():
        yield from _check_group(f"group-{number}", group, on_frame=on_frame)
    if file.user_configs is not None:
        yield from check_user_paths(file.user_configs)
    yield from _check_numbers(file)
    yield from _check_sources(file, batch_size, on_frame=on_frame)


def _check_property(settings: PreprocessProperty, version: DsVersion) -> Iterator[Finding]:
    mandatory = _MANDATORY if version.has(DsVersion.V6_2) else (*_MANDATORY, "target_unique_ids")
    for field in mandatory:
        name = settings.keys()[field].name
        if getattr(settings, field) is None and name not in settings.extra_keys:
            yield Finding(Severity.ERROR, "the key is missing: DeepStream refuses the file", "property", name)
    yield from _check_shape(settings)
    path = settings.custom_lib_path
    if path is not None and not path.startswith("/"):
        message = (
            "the path is not absolute: it is looked up from the folder that the file lies in at run time; write the "
            "path inside of the container, beginning with /"
        )
        yield Finding(Severity.WARNING, message, "property", "custom-lib-path")
    if settings.tensor_data_type is not None and version.has(None, _LAST_WITH_SHORT_TYPES):
        number = settings.tensor_data_type.value
        if number == 5:
            message = f"in DeepStream {version} 5 means FP16; newer releases take it for INT64, and 7 for FP16"
            yield Finding(Severity.NOTE, message, "property", "tensor-data-type")
        elif number > 5:
            message = f"DeepStream {version} knows 0 to 5 only, 5 being FP16, and refuses the file"
            yield Finding(Severity.ERROR, message, "property", "tensor-data-type")


def _check_shape(settings: PreprocessProperty) -> Iterator[Finding]:
    shape = settings.network_input_shape
    if shape is None:
        return

    def fault(message: str) -> Finding:
        return Finding(Severity.ERROR, message, "property", "network-input-shape")

    if not shape or min(shape) < 1:
        yield fault("each dimension must be 1 or more: their product is the size of the memory for the tensor")
        return
    where = {NetworkInputOrder.NCHW: (2, 3), NetworkInputOrder.NHWC: (1, 2)}.get(settings.network_input_order)  # type: ignore[arg-type]
    if where is None:
        return
    if len(shape) < 4:
        yield fault(f"{len(shape)} dimensions are too few: batch, channels, height and width are needed")
        return
    height, width = (shape[at] for at in where)
    processing = (settings.processing_width, settings.processing_height)
    if None not in processing and processing != (width, height):
        yield fault(
            f"the tensor is {width} wide and {height} high, but images are scaled to {processing[0]}x{processing[1]}: "
            "the element fails at the start; make processing-width and processing-height the same"
        )


def _check_targets(settings: PreprocessProperty, gie_batch_sizes: Mapping[int, int | None] | None) -> Iterator[Finding]:
    if not settings.target_unique_ids:
        if "target-unique-ids" not in settings.extra_keys:
            message = "no inference is named, so nobody takes the tensors; write the gie-unique-id of one"
            yield Finding(Severity.WARNING, message, "property", "target-unique-ids")
        return
    for target in settings.target_unique_ids if gie_batch_sizes is not None else ():
        if gie_batch_sizes is None or target not in gie_batch_sizes:
            message = f"no inference has the gie-unique-id {target}, so nobody takes the tensors meant for it"
            yield Finding(Severity.WARNING, message, "property", "target-unique-ids")
            continue
        size = gie_batch_sizes[target]
        if size is not None and settings.network_input_shape and settings.network_input_shape[0] > size:
            message = (
                f"tensors of up to {settings.network_input_shape[0]} images go to the inference {target}, whose "
                f"batch-size is {size}: nvinfer takes them in parts of {size}, and from the second part on reads behind the "
                f"tensor, so that what it says of those images is wrong; make the first number {size} or less"
            )
            yield Finding(Severity.WARNING, message, "property", "network-input-shape")


def _check_group(name: str, group: PreprocessGroup, *, on_frame: bool) -> Iterator[Finding]:
    decisive = "process-on-roi" if on_frame else "process-on-all-objects"
    if not group.src_ids and "src-ids" not in group.extra_keys:
        message = "no sources are named: DeepStream reads behind the end of the empty list; write them, or -1 for all"
        yield Finding(Severity.ERROR, message, name, "src-ids")
    value = group.process_on_roi if on_frame else group.process_on_all_objects
    if value is None and decisive not in group.extra_keys:
        message = "the key is missing: DeepStream refuses the file, or takes any value for it"
        yield Finding(Severity.ERROR, message, name, decisive)
    if group.src_ids and _by_region(group, on_frame=on_frame):
        yield from _check_regions(name, group, group.src_ids)


def _check_regions(name: str, group: PreprocessGroup, sources: tuple[int, ...]) -> Iterator[Finding]:
    unread = {key for key in group.extra_keys if key.startswith("roi-params-src-")}
    if not group.roi_params and not unread:
        message = "there are no regions: DeepStream refuses the file, or the pipeline fails at the first frame"
        yield Finding(Severity.ERROR, message, name, "roi-params-src-")
        return
    named = set(sources)
    for source in sources if _ALL_SOURCES not in named else ():
        key = f"roi-params-src-{source}"
        if source not in group.roi_params and key not in unread:
            message = (
                f"the source {source} has no regions: the pipeline fails at its first frame, or takes those of another "
                "source"
            )
            yield Finding(Severity.ERROR, message, name, key)
    for source, regions in group.roi_params.items():
        key = f"roi-params-src-{source}"
        if source not in named and _ALL_SOURCES not in named:
            message = f"{source} is not among src-ids, so its regions are not used"
            yield Finding(Severity.WARNING, message, name, key)
        if any(left < 0 or top < 0 or width < 1 or height < 1 for left, top, width, height in regions):
            message = (
                "a region must not begin left of or above the frame, and needs a width and a height: cutting it out "
                "fails"
            )
            yield Finding(Severity.ERROR, message, name, key)
    for key in sorted(unread):
        message = "these are no regions: left;top;width;height for each, with a plain number behind roi-params-src-"
        yield Finding(Severity.ERROR, message, name, key)


def _by_region(group: PreprocessGroup, *, on_frame: bool) -> bool:
    return bool(group.process_on_roi) if on_frame else group.process_on_all_objects is False


def _check_numbers(file: PreprocessFile) -> Iterator[Finding]:
    if not file.groups:
        message = "there is no group, so no tensor is made; add [group-0]"
        yield Finding(Severity.WARNING, message, "property")
    for position, number in enumerate(sorted(file.groups)):
        if number != position:
            message = (
                f"DeepStream compares the number with the place in the file, counted from 0, so the sources of this "
                f"group are skipped; name it group-{position}"
            )
            yield Finding(Severity.ERROR, message, f"group-{number}")
            return


def _check_sources(file: PreprocessFile, batch_size: int | None, *, on_frame: bool) -> Iterator[Finding]:
    owners: dict[int, int] = {}
    units = 0
    for number in sorted(file.groups):
        group = file.groups[number]
        name = f"group-{number}"
        sources = group.src_ids or ()
        for source in sources:
            if source in owners:
                message = f"the source {source} belongs to group-{owners[source]} already, and is skipped here"
                yield Finding(Severity.WARNING, message, name, "src-ids")
            owners.setdefault(source, number)
            if batch_size is not None and source >= batch_size:
                message = f"no camera ever has the number {source}: the batch has {batch_size} streams, counted from 0"
                yield Finding(Severity.WARNING, message, name, "src-ids")
        units += _units(group, batch_size)
    shape = file.settings.network_input_shape if file.settings else None
    if on_frame and shape and 0 < shape[0] < units:
        message = (
            f"each batch of frames gives up to {units} images, but a tensor holds {shape[0]}: they go in several turns, "
            f"which costs throughput; make the first number {units} when the engine allows it"
        )
        yield Finding(Severity.WARNING, message, "property", "network-input-shape")


def _units(group: PreprocessGroup, batch_size: int | None) -> int:
    """How many images the group cuts out of one batch of frames, as far as it is known."""
    sources = group.src_ids or ()
    if _ALL_SOURCES in sources:
        first = next(iter(group.roi_params.values()), ())
        return (batch_size or 1) * (len(first) if group.process_on_roi else 1)
    if group.process_on_roi:
        return sum(len(group.roi_params.get(source, ())) for source in sources)
    return len(sources)
