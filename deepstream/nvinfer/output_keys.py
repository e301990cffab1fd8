"""The keys of `[property]` that say what the network's outputs mean, and what is made of them."""

from deepstream.groups import KeyGroup, Natural, key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.nvinfer.enums import ClusterMode, NetworkType, TensorOrder
from deepstream.versions import DsVersion


class OutputKeys(KeyGroup):
    """Post-processing and metadata."""

    network_type: NetworkType | None = key(
        "network-type",
        Reader.INTEGER,
        "0 = detector (default), 1 = classifier, 2 = segmentation, 3 = instance segmentation, 100 = other.",
    )
    is_classifier: bool | None = txt_key(
        "is-classifier",
        Reader.BOOLEAN,
        "Old form of network-type: 1 = classifier, 0 = detector; not looked at when network-type is there.",
    )
    labelfile_path: str | None = key(
        "labelfile-path", Reader.PATH, "Names of the classes; of a detector one for each line."
    )
    num_detected_classes: Natural | None = key(
        "num-detected-classes",
        Reader.INTEGER,
        "Number of classes of a detector or a segmentation; must be that of the network. Default 0.",
    )
    filter_out_class_ids: tuple[int, ...] | None = key(
        "filter-out-class-ids", Reader.INTEGER_LIST, "Classes whose objects are dropped, numbers from 0."
    )
    cluster_mode: ClusterMode | None = key(
        "cluster-mode",
        Reader.INTEGER,
        "How boxes of one object become one: 0 = groupRectangles (default; needs a build with OpenCV), "
        "1 = DBSCAN, 2 = NMS, 3 = DBSCAN and NMS, 4 = not at all.",
    )
    enable_dbscan: bool | None = txt_key(
        "enable-dbscan", Reader.BOOLEAN, "Old form of cluster-mode 1; not looked at when cluster-mode is there."
    )
    classifier_threshold: float | None = key(
        "classifier-threshold",
        Reader.DOUBLE,
        "Confidence that a label needs, 0 to 1. Default 0: every label is attached.",
        ge=0,
    )
    classifier_type: str | None = key(
        "classifier-type", Reader.STRING, "What is classified, such as vehiclemake; goes into the metadata."
    )
    classifier_async_mode: bool | None = key(
        "classifier-async-mode",
        Reader.BOOLEAN,
        "Secondary classifiers behind a tracker: do not wait for labels, attach them to later frames. "
        "Default 0; not with output-tensor-meta.",
    )
    segmentation_threshold: float | None = key(
        "segmentation-threshold", Reader.DOUBLE, "Confidence that a pixel needs for its class, 0 to 1. Default 0.", ge=0
    )
    segmentation_output_order: TensorOrder | None = key(
        "segmentation-output-order",
        Reader.INTEGER,
        "Order of the dimensions of a segmentation's output: 0 = NCHW (default), 1 = NHWC.",
    )
    output_instance_mask: bool | None = key(
        "output-instance-mask",
        Reader.BOOLEAN,
        "Attach the masks of an instance segmentation to the objects; needs cluster-mode 4. Default 0.",
    )
    output_tensor_meta: bool | None = key(
        "output-tensor-meta",
        Reader.BOOLEAN,
        "Attach the outputs as they are, for a later element or the application. Default 0.",
    )
    tensor_meta_pool_size: Natural | None = key(
        "tensor-meta-pool-size",
        Reader.INTEGER,
        "Sets of output buffers that output-tensor-meta keeps. At least 2, and 6 with output-tensor-meta or "
        "a segmentation: less is raised to that.",
    )
    disable_output_host_copy: bool | None = key(
        "disable-output-host-copy",
        Reader.INTEGER,
        "Leave outputs in GPU memory. Default 0; the built-in parsers cannot work then.",
        since=DsVersion.V6_2,
    )
    parse_bbox_func_name: str | None = key(
        "parse-bbox-func-name", Reader.STRING, "Function of custom-lib-path that makes boxes of a detector's outputs."
    )
    parse_bbox_instance_mask_func_name: str | None = key(
        "parse-bbox-instance-mask-func-name",
        Reader.STRING,
        "Function of custom-lib-path that makes boxes and masks of an instance segmentation's outputs. "
        "There is no built-in one.",
    )
    parse_segmentation_func_name: str | None = key(
        "parse-segmentation-func-name",
        Reader.STRING,
        "Function of custom-lib-path that makes classes of a segmentation's outputs.",
        since=DsVersion.V6_4,
    )
    parse_classifier_func_name: str | None = key(
        "parse-classifier-func-name",
        Reader.STRING,
        "Function of custom-lib-path that makes labels of a classifier's outputs.",
    )
    parse_func: int | None = txt_key(
        "parse-func", Reader.INTEGER, "Number of a built-in parser, in DeepStream 3. Nothing reads it since."
    )
    raw_output_file_write: bool | None = key(
        "raw-output-file-write",
        Reader.BOOLEAN,
        "For debugging: write outputs into files. Default 0.",
        since=DsVersion.V6_4,
    )
    dump_output_tensor: bool | None = key(
        "dump-output-tensor",
        Reader.INTEGER,
        "For debugging: write outputs into files. Default 0.",
        since=DsVersion.V6_4,
    )
    overwrite_output_tensor: bool | None = key(
        "overwrite-output-tensor",
        Reader.INTEGER,
        "For debugging: take outputs from op-tensor-files instead of the network. Default 0.",
        since=DsVersion.V6_4,
    )
    op_tensor_files: tuple[str, ...] | None = key(
        "op-tensor-files",
        Reader.STRING_LIST,
        "Files for overwrite-output-tensor, one for each output layer.",
        since=DsVersion.V6_4,
    )
