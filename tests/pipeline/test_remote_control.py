"""What the HTTP port shows of streams, where that is more than what they say themselves."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipeline.alert_frames.store import AlertFrames
from pipeline.files.alert_rules import AlertSettings
from pipeline.model import Alert, AlertNews
from pipeline.remote_control import RemoteControl
from tests.pipeline.messages.results import frame_of, picture


def test_a_frame_that_another_run_kept_has_the_number_that_its_camera_has_now(tmp_path: Path) -> None:
    frames = AlertFrames(tmp_path / "alert-frames", AlertSettings())
    news = AlertNews(Alert("a-1", "busy", 1, 2, 100.0, "2 person"), keeps_frame=True)
    frames.keep(news, frame_of("gate", source_id=0, shown=picture(320, 180)))
    now: dict[str, Any] = {"gate": SimpleNamespace(source_id=2), "yard": SimpleNamespace(source_id=0)}
    unused: Any = None
    streams: Any = SimpleNamespace(find=now.get)
    control = RemoteControl(streams, unused, unused, frames)

    kept = control.alert_frame("gate", "")
    assert kept is not None
    # The lines and regions of a picture are found by it: with the one of before they would be those of the other camera.
    assert kept.result.source_id == 2
    assert control.alert_frame("yard", "") is None
    assert control.alert_frame("gone", "") is None
