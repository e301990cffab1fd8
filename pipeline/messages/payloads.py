"""What messages look like. Pure: ids, times and pictures are arguments.

Times are RFC 3339 in UTC with milliseconds: when the frame was decoded here, since cameras tell no time of their own.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from pipeline.damage.judge import Damage
from pipeline.model import AlertNews, Detection, FrameResult, TrackedObject

Payload = Mapping[str, object]

# An alert names those that it is about; how many there are it says in any case.
_MOST_OBJECTS_OF_ALERT: Final = 64


def timestamp(unix_s: float) -> str:
    """Returns a moment as messages write it: ``2022-08-12T06:50:59.006Z``."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(payload: Payload) -> bytes:
    """Returns the bytes of a message: JSON in ASCII, so that no text of a file can make it invalid.

    Raises:
        ValueError: If a number in it is not finite, which JSON has no word for.
    """
    return json.dumps(payload, separators=(",", ":"), allow_nan=False).encode()


def key_of(device_id: str) -> bytes:
    """Returns the key of all messages of a device: Kafka keeps what has one key on one partition, in order."""
    return device_id.encode("utf-8", "backslashreplace")


def analytics(result: FrameResult, device_id: str, message_id: str) -> Payload:
    """Returns the counts of a frame: crossings of every line of the stream, then what is in its regions.

    ``lc_curr_<label>`` is the crossings since the frame before, ``lc_cum_<label>`` since the rules were read;
    ``roi_<label>`` the objects in a region of interest; ``oc_<label>`` 1 while a watched region is crowded, else 0.
    """
    counts = result.counts
    module: dict[str, object] = {"stream_source_id": result.source_id}
    for label, total in counts.lines_cumulative.items():
        module[f"lc_curr_{label}"] = counts.lines_current.get(label, 0)
        module[f"lc_cum_{label}"] = total
    module |= {f"roi_{label}": objects for label, objects in counts.regions.items()}
    module |= {f"oc_{label}": int(crowded) for label, crowded in counts.crowded.items()}
    return {
        "messageid": message_id,
        "@timestamp": timestamp(result.frame.seen_at_s),
        "deviceId": device_id,
        "analyticsModule": module,
    }


def objects(result: FrameResult, device_id: str) -> Payload:
    """Returns the objects of a frame as nvmsgconv's minimal payload has them: ``trackId|left|top|right|bottom|label``.

    Edges are in pixels of the frame, written with six digits at most, as nvmsgconv's streams do.
    """
    return {
        "version": "4.0",
        "id": str(result.frame.number),
        "@timestamp": timestamp(result.frame.seen_at_s),
        "sensorId": device_id,
        "objects": [_minimal(one) for one in result.objects],
    }


def mot(result: FrameResult, found: Iterable[TrackedObject], session_id: str) -> Payload:
    """Returns tracked objects as the seed app writes them; nothing here computes embeddings."""
    return {
        **_of_frame(result, session_id),
        "MOT": [
            {"bbox": _share_of_frame(one.detection, result), "object_id": one.track_id, "embedding": None}
            for one in found
        ],
    }


def face(result: FrameResult, found: TrackedObject, session_id: str, image: str | None) -> Payload:
    """Returns one face as the seed app writes it; nobody is recognised here, so all but box and image is null.

    Args:
        result: What the frame is.
        found: The face.
        session_id: Of this run of the program.
        image: The face as JPEG in base64; None if none of it is in the picture.
    """
    return {
        **_of_frame(result, session_id),
        "face": {
            "bbox": _share_of_frame(found.detection, result),
            "score": None,
            "name": None,
            "staff_id": None,
            "feature": None,
            "image": image,
        },
    }


def visual(result: FrameResult, session_id: str, frame: str, width: int, height: int) -> Payload:
    """Returns a whole picture as the seed app writes it.

    Args:
        result: What the frame is.
        session_id: Of this run of the program.
        frame: The picture as JPEG in base64.
        width: Of that JPEG, in pixels.
        height: Of that JPEG, in pixels.
    """
    return {**_of_frame(result, session_id), "frame_w": width, "frame_h": height, "frame": frame}


def camera_state(
    device_id: str, state: str, reason: str, fps: float, damage: Damage | None, *, message_id: str, seen_at_s: float
) -> Payload:
    """Returns what has become of a camera; ``fps`` is what it sends, with one digit behind the point."""
    return {
        "messageid": message_id,
        "@timestamp": timestamp(seen_at_s),
        "deviceId": device_id,
        "state": state,
        "reason": reason,
        "fps": round(fps, 1),
        "damage": damage_json(damage),
    }


def damage_json(damage: Damage | None) -> Payload | None:
    """Returns what is damaged of what a camera sends, as messages and metrics write it; None for nothing."""
    return None if damage is None else {"reason": damage.reason.value, "message": damage.message}


def alert(news: AlertNews, result: FrameResult, device_id: str, message_id: str) -> Payload:
    """Returns that an alert has begun or ended, with the objects that it began with as nvmsgconv's minimal payload has them.

    Args:
        news: What has happened.
        result: The frame that it happened with.
        device_id: What messages call the camera.
        message_id: Of this message: the same alert has one that it began and one that it ended.
    """
    one = news.alert
    return {
        "messageid": message_id,
        "@timestamp": timestamp(result.frame.seen_at_s),
        "deviceId": device_id,
        "alert": {
            "id": one.alert_id,
            "rule": one.rule,
            "state": "ended" if news.has_ended else "began",
            "number": one.number,
            "began": timestamp(one.began_at_s),
            "ended": None if one.ended_at_s is None else timestamp(one.ended_at_s),
            "region": one.region or None,
            "count": one.count,
            "seen": one.seen,
            "message": one.message,
        },
        "frame": result.frame.number,
        "objects": [_minimal(found) for found in news.objects[:_MOST_OBJECTS_OF_ALERT]],
    }


def _of_frame(result: FrameResult, session_id: str) -> dict[str, object]:
    frame = result.frame
    return {
        "srctime": timestamp(frame.seen_at_s),
        "camera_id": frame.camera_id,
        "frame_id": frame.number,
        "session_id": session_id,
    }


def _minimal(one: TrackedObject) -> str:
    box = one.detection
    edges = (box.left, box.top, box.left + box.width, box.top + box.height)
    # The format knows no escape for its separator, and readers split by it.
    label = box.label.replace("|", "/")
    return "|".join([str(one.track_id), *(f"{edge:g}" for edge in edges), label])


def _share_of_frame(box: Detection, result: FrameResult) -> Mapping[str, float]:
    """A box as the seed app has it: shares of the picture, each cut to 0..1 by itself; four digits are a fifth of a pixel of 1080p."""
    width, height = result.frame.picture.width, result.frame.picture.height
    shares = {"x": box.left / width, "y": box.top / height, "w": box.width / width, "h": box.height / height}
    return {name: round(min(max(share, 0.0), 1.0), 4) for name, share in shares.items()}
