"""What the app's own configuration says: the values it ran with, which hold where nobody gives others."""

from typing import Final

from deepstream.nvinfer.class_attrs import ClassAttrs
from deepstream.nvinfer.config import InferConfig
from deepstream.nvinfer.enums import ClusterMode, ModelColorFormat, NetworkMode, NetworkType, ProcessMode
from deepstream.nvinfer.property import InferProperty
from deepstream.retinaface.align import FaceAlign
from deepstream.versions import DsVersion

APP_DEEPSTREAM: Final = DsVersion.V6_0
"""The release that the app is built with: its image is made from that of DeepStream 6.0.1."""

# 1/255 as the single precision number that the models were tried with.
_ONE_255TH: Final = 0.003921569790691137

FACE_SHAPE: Final = (3, 112, 112)
"""Channels, height and width of an aligned face."""

MOT_PGIE: Final = InferConfig(
    property=InferProperty(
        gie_unique_id=1,
        gpu_id=0,
        network_mode=NetworkMode.FP16,
        model_engine_file="../data/models/trt/deepsort_detector.trt",
        net_scale_factor=_ONE_255TH,
        custom_lib_path="../build/src/nvdsinfer_customparser/libnvds_infercustomparser.so",
        parse_bbox_func_name="NvDsInferParseCustomYoloV5",
        model_color_format=ModelColorFormat.RGB,
        batch_size=24,
        labelfile_path="../data/labels/mot_pgie_labels.txt",
        num_detected_classes=2,
        output_blob_names=("output",),
        cluster_mode=ClusterMode.NMS,
        maintain_aspect_ratio=True,
        symmetric_padding=True,
        process_mode=ProcessMode.PRIMARY,
        network_type=NetworkType.DETECTOR,
    ),
    class_attrs={"all": ClassAttrs(pre_cluster_threshold=0.4, nms_iou_threshold=0.5)},
)
"""Finds persons."""

MOT_SGIE: Final = InferConfig(
    property=InferProperty(
        gie_unique_id=2,
        gpu_id=0,
        network_mode=NetworkMode.FP16,
        model_engine_file="../data/models/trt/deepsort_extractor.trt",
        net_scale_factor=_ONE_255TH,
        offsets=(0.0, 0.0, 0.0),
        model_color_format=ModelColorFormat.BGR,
        infer_dims=(3, 128, 64),
        process_mode=ProcessMode.SECONDARY,
        output_tensor_meta=True,
        network_type=NetworkType.CLASSIFIER,
        batch_size=24,
        input_object_min_width=0,
        input_object_min_height=0,
        operate_on_gie_id=1,
        operate_on_class_ids=(0,),
        output_blob_names=("output.0",),
        force_implicit_batch_dim=True,
        classifier_async_mode=False,
        classifier_threshold=0.0,
        maintain_aspect_ratio=False,
        secondary_reinfer_interval=0,
    ),
)
"""Makes the embeddings of persons that the app's tracker tells them apart by."""

FACE_PGIE: Final = InferConfig(
    property=InferProperty(
        gie_unique_id=3,
        gpu_id=0,
        network_mode=NetworkMode.FP16,
        model_engine_file="../build/model_b24_gpu0_fp16.engine",
        net_scale_factor=1.0,
        custom_lib_path="../build/src/facedetection/libnvds_facedetection.so",
        engine_create_func_name="NvDsInferRetinafaceCudaEngineGet",
        parse_bbox_func_name="NvDsInferParseNone",
        offsets=(104.0, 117.0, 123.0),
        model_color_format=ModelColorFormat.BGR,
        infer_dims=(3, 736, 1280),
        interval=0,
        batch_size=24,
        labelfile_path="../data/labels/face_labels.txt",
        num_detected_classes=1,
        cluster_mode=ClusterMode.NONE,
        maintain_aspect_ratio=True,
        symmetric_padding=True,
        process_mode=ProcessMode.PRIMARY,
        network_type=NetworkType.DETECTOR,
    ),
    class_attrs={
        "all": ClassAttrs(pre_cluster_threshold=0.1, post_cluster_threshold=0.7, nms_iou_threshold=0.4),
    },
)
"""Finds faces and their landmarks; the app itself reads its output."""

FACE_SGIE: Final = InferConfig(
    property=InferProperty(
        gie_unique_id=4,
        gpu_id=0,
        network_mode=NetworkMode.FP16,
        model_engine_file="../data/models/trt/glint360k_r50.trt",
        net_scale_factor=1.0,
        custom_lib_path="../build/src/facefeature/libnvds_parsenone.so",
        parse_bbox_func_name="NvDsInferParseNone",
        infer_dims=FACE_SHAPE,
        process_mode=ProcessMode.SECONDARY,
        output_tensor_meta=True,
        batch_size=96,
        cluster_mode=ClusterMode.NONE,
    ),
)
"""Makes the features that faces are named by."""

FACE_ALIGN: Final = FaceAlign(
    enable=True,
    gpu_id=0,
    target_unique_ids=(4,),
    network_input_shape=(96, *FACE_SHAPE),
    tensor_data_type=0,
    tensor_name="conv1",
    tensor_buf_pool_size=10,
    input_object_min_width=50,
    input_object_max_width=3840,
    input_object_min_height=50,
    input_object_max_height=2160,
)
"""Cuts faces out upright, between the two."""
