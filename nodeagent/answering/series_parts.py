"""Series as they leave the node: in parts that a record can hold. Pure."""

import json
from collections.abc import Iterator

from crds.answers import CameraSeries
from nodeagent.answering.line_texts import LARGEST_PART
from nodeagent.reporter.series import STEP_SECONDS, Series


def series_parts(series: Series) -> Iterator[CameraSeries]:
    """The same in as few answers as hold it: what is said once stands in the first, lines and regions wherever there is room."""
    part = CameraSeries(
        step_seconds=STEP_SECONDS,
        age_seconds=round(series.age_seconds, 3),
        fps=tuple(series.fps),
        objects=tuple(series.objects),
        counts_told=series.counts_told,
        left_out=series.left_out,
    )
    size = len(part.model_dump_json())
    named = [
        *(("lines", label, values) for label, values in series.lines.items()),
        *(("regions", label, values) for label, values in series.regions.items()),
    ]
    for field, label, values in named:
        length = len(json.dumps({label: list(values)}))
        if size + length > LARGEST_PART:
            yield part
            part, size = part.model_copy(update={"fps": (), "objects": (), "lines": {}, "regions": {}}), 0
        part = part.model_copy(update={field: {**getattr(part, field), label: tuple(values)}})
        size += length
    yield part
