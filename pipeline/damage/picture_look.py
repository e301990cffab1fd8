"""Looks at the picture of a camera every second or two: whether it is the same as before, and whether it shows anything."""

from typing import Final

import cv2

from pipeline.damage.judge import PictureSeen
from pipeline.frame_conversion import Pixels
from pipeline.frame_pixels import reduction_factor
from pipeline.model import CapturedFrame

# As wide as significant changes are looked for: the reduced picture is made already, and costs nothing here.
_WIDTH: Final = 160

# Of 255. So much may each pixel of the reduced picture differ. The noise of a sensor, and what an encoder makes of it, moves some
# pixels further: by 2 to 5 of 255 with a deviation of 1 to 6 at 720p.
_NOISE: Final = 1

# An encoder that is fed the same picture for ever makes a few forms of it, coarse at key frames and finer behind them, by up to
# 4 of 255 apart; noise never makes one again. So the picture is compared with the last so many that differed.
_FORMS: Final = 8

# Of 255, deviation from the mean. A dim room with one lamp has more; a covered lens, a dead sensor and a picture of "no signal"
# without words have less.
_FLAT: Final = 2.0

_EVERY_S: Final = 1.0

# Looks are one to two times as far apart, never in a pattern that comes again: in step with a short clip that is looped they would
# see the same few pictures. The golden ratio is what no such pattern comes near to.
_GOLDEN: Final = 0.618034


class PictureLook:
    """What is known of the picture of one camera. One worker at a time looks, anyone may read.

    Attributes:
        seen: At the last look; None before the first.
    """

    def __init__(self, every_s: float = _EVERY_S) -> None:
        self.seen: PictureSeen | None = None
        self._every_s = every_s
        self._forms: list[Pixels] = []
        self._looks = 0

    def look(self, frame: CapturedFrame) -> None:
        """Looks at the frame, if the last look was long enough ago."""
        before, at_s = self.seen, frame.decoded_at_s
        if before is not None and at_s - before.at_s < self._every_s * (1 + self._looks * _GOLDEN % 1):
            return
        self._looks += 1
        width, height = frame.picture.width, frame.picture.height
        small = frame.pixels.luma(reduction_factor(width, _WIDTH))
        mean, deviation = cv2.meanStdDev(small)
        is_flat = float(deviation[0, 0]) <= _FLAT
        if before is not None and (before.width, before.height) != (width, height):
            self._forms.clear()
        is_same = self._is_known(small)
        was_flat_since_s = before.flat_since_s if before is not None else None
        flat_since_s = at_s if was_flat_since_s is None else was_flat_since_s
        self.seen = PictureSeen(
            at_s=at_s,
            width=width,
            height=height,
            brightness=float(mean[0, 0]),
            same_since_s=before.same_since_s if before is not None and is_same else at_s,
            same_looks=before.same_looks + 1 if before is not None and is_same else 1,
            flat_since_s=flat_since_s if is_flat else None,
            flat_looks=(before.flat_looks if before is not None else 0) + 1 if is_flat else 0,
        )

    def _is_known(self, small: Pixels) -> bool:
        """Whether it is one of the last forms; those are not moved by what is like them, so that slow changes add up."""
        for place, form in enumerate(self._forms):
            if form.shape == small.shape and cv2.norm(form, small, cv2.NORM_INF) <= _NOISE:
                self._forms.append(self._forms.pop(place))
                return True
        # A copy: it may be the frame's own memory.
        self._forms = [*self._forms[1 - _FORMS :], small.copy()]
        return False
