"""The names of the files that are made here; others have theirs from the formats."""

from typing import Final

DEEPSTREAM_APP_FILE: Final = "deepstream_app.txt"
"""The file that `deepstream-app` is started with; the others are named in it."""

ANALYTICS_FILE: Final = "config_nvdsanalytics.txt"
"""Lines and regions of the cameras."""

PIPELINE_FILE: Final = "pipeline.json"
"""What only the reference workload is told."""

MSGCONV_FILE: Final = "msgconv_config.txt"
"""What messages say of the cameras besides what was seen."""
