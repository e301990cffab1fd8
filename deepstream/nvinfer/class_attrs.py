"""The groups `[class-attrs-all]` and `[class-attrs-<n>]` of an nvinfer file."""

from deepstream.groups import KeyGroup, Natural, key, txt_key
from deepstream.keyfile_values import Reader


class ClassAttrs(KeyGroup):
    """What a detector reports of one class, or of all. What a class does not name is as in `class-attrs-all`."""

    # Stands before the new name: of both, DeepStream takes the one that comes later in the file.
    threshold: float | None = txt_key(
        "threshold",
        Reader.DOUBLE,
        "Old name of pre-cluster-threshold. Where both stand, the later one in the file holds: keep one.",
        ge=0,
    )
    pre_cluster_threshold: float | None = key(
        "pre-cluster-threshold",
        Reader.DOUBLE,
        "Confidence that a box needs before clustering, 0 to 1. Default 0.2; above 1 drops the class.",
        ge=0,
    )
    post_cluster_threshold: float | None = key(
        "post-cluster-threshold",
        Reader.DOUBLE,
        "Confidence that an object needs after clustering, 0 to 1. Default 0.",
        ge=0,
    )
    eps: float | None = key(
        "eps",
        Reader.DOUBLE,
        "DBSCAN and groupRectangles: how far boxes of one object may differ, relative to their size.",
        ge=0,
    )
    group_threshold: Natural | None = key(
        "group-threshold", Reader.INTEGER, "groupRectangles: boxes that an object needs, less one. Default 0."
    )
    min_boxes: Natural | None = key(
        "minBoxes",  # written so by DeepStream
        Reader.INTEGER,
        description="DBSCAN: boxes that an object needs. Default 0.",
    )
    dbscan_min_score: float | None = key(
        "dbscan-min-score",
        Reader.DOUBLE,
        "DBSCAN: sum of confidences that an object needs; may be above 1. Default 0.",
        ge=0,
    )
    nms_iou_threshold: float | None = key(
        "nms-iou-threshold",
        Reader.DOUBLE,
        "NMS: overlap (intersection over union) from which two boxes are one object, 0 to 1. Default 0.3.",
        ge=0,
        le=1,
    )
    topk: Natural | None = key(
        "topk",
        Reader.INTEGER,
        # The default is -1 inside, but a -1 in the file is refused.
        description="Most objects of the class in a frame; those with the best confidence stay. Default: all.",
    )
    roi_top_offset: Natural | None = key(
        "roi-top-offset",
        Reader.INTEGER,
        "Rows at the top of the frame, in pixels, whose objects are dropped. Default 0.",
    )
    roi_bottom_offset: Natural | None = key(
        "roi-bottom-offset",
        Reader.INTEGER,
        "Rows at the bottom of the frame, in pixels, whose objects are dropped. Default 0.",
    )
    detected_min_w: Natural | None = key(
        "detected-min-w", Reader.INTEGER, "Narrower objects are dropped, in pixels. Default 0."
    )
    detected_min_h: Natural | None = key(
        "detected-min-h", Reader.INTEGER, "Lower objects are dropped, in pixels. Default 0."
    )
    detected_max_w: Natural | None = key(
        "detected-max-w", Reader.INTEGER, "Wider objects are dropped, in pixels; 0 = no limit (default)."
    )
    detected_max_h: Natural | None = key(
        "detected-max-h", Reader.INTEGER, "Higher objects are dropped, in pixels; 0 = no limit (default)."
    )
    border_color: tuple[float, float, float, float] | None = key(
        "border-color",
        Reader.DOUBLE_LIST,
        "Colour of the drawn box: red, green, blue, opacity, each 0 to 1. Default red.",
    )
    bg_color: tuple[float, float, float, float] | None = key(
        "bg-color",
        Reader.DOUBLE_LIST,
        "Colour that fills the drawn box: red, green, blue, opacity, each 0 to 1. Default: none.",
    )
