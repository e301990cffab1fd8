"""The names of the files that the app reads: fixed in its code, relative to its working folder `/workspace/build`."""

from typing import Final

APP_CONF_FILE: Final = "app_conf.json"
SOURCE_LIST_FILE: Final = "source_list.json"
MOT_PRIMARY_FILE: Final = "mot_primary.txt"
MOT_SECONDARY_FILE: Final = "mot_sgie.txt"
FACE_PRIMARY_FILE: Final = "faceid_primary.txt"
FACE_SECONDARY_FILE: Final = "faceid_secondary.txt"
FACE_ALIGN_FILE: Final = "faceid_align_config.txt"

MISNAMED_APP_CONF_FILE: Final = "app_config.json"
"""What a first writer of configurations called `app_conf.json`. The app never read it."""

CONFIGS_FOLDER: Final = "/workspace/configs"
WORKING_FOLDER: Final = "/workspace/build"
