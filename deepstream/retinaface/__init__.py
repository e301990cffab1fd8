"""The files of the RetinaFace + MOT app (bqm1111/deepstream-retinanet), which this project began with.

Here belong: its two JSON files, its four nvinfer files, the file of its own element `nvfacealign`, and what its code
takes for granted of them. The app resolves all of them against its working folder, as `../configs/<name>`.

Never here: what any DeepStream app does; that stands in the rooms beside this one.
"""

from deepstream.retinaface.app_conf import AppConf, AppType, dump_app_conf, parse_app_conf
from deepstream.retinaface.files import APP_CONF_FILE, SOURCE_LIST_FILE
from deepstream.retinaface.source_list import Source, SourceList, dump_source_list, parse_source_list

__all__ = [
    "APP_CONF_FILE",
    "SOURCE_LIST_FILE",
    "AppConf",
    "AppType",
    "Source",
    "SourceList",
    "dump",
    "parse_app_conf",
    "parse_source_list",
]


def dump(document: AppConf | SourceList) -> str:
    """The text of either JSON file."""
    if isinstance(document, AppConf):
        return dump_app_conf(document)
    return dump_source_list(document.sources, document.release)
