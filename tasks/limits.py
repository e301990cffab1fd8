"""The largest picture that is looked at, by the service that takes it as by the worker that answers it."""

from dataclasses import dataclass
from typing import Final

# A picture from a camera or a phone. Kafka's own limit, 1 MB, is too small for a photograph.
MAX_IMAGE_BYTES: Final = 20 * 1024 * 1024

# As large as a photograph gets; decoded and converted, such a picture takes about 250 MB.
MAX_IMAGE_PIXELS: Final = 40_000_000


@dataclass(frozen=True)
class ImageLimits:
    """What a picture may measure.

    Attributes:
        image_bytes: As it came.
        image_pixels: Once it is decoded.
    """

    image_bytes: int = MAX_IMAGE_BYTES
    image_pixels: int = MAX_IMAGE_PIXELS
