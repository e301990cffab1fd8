"""The configuration of nvinfer, DeepStream's TensorRT element: typed, rendered, read, checked.

Where a number, a default or a rule comes from: `gst-nvinfer/gstnvinfer_property_parser.cpp`, `gstnvinfer_yaml_parser.cpp`
and `nvdsinfer/nvdsinfer_{context_impl,model_builder}.cpp` of DeepStream 9.1, compared with the headers of 6.0 to 6.3.
"""
