"""Envelopes are kept small, and come back to the last byte."""

import json
import zlib
from base64 import b64encode

from hypothesis import example, given
from hypothesis import strategies as st

from bus.codec import encode_signed
from bus.signature import SigningKey
from controller.publish.published import packed, unpacked
from crds.messages import Refresh


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
@example(b"", b"", b"")
@example(b'{"payload":"', b"=", b'"}')
@example(b'{"payload":"', b"QQ==\n", b'"}')
@example(b'{"payload":"', b"QR==", b'"}')  # canonical base64 of the same is QQ==
@example(b'{"payload":"QUJD', b"", b"")
def test_any_bytes_come_back(before: bytes, payload: bytes, after: bytes) -> None:
    for envelope in (before + payload + after, before + b'"payload":"' + b64encode(payload) + b'"' + after):
        assert unpacked(packed(envelope)) == envelope


def test_what_is_signed_is_packed_as_what_it_is() -> None:
    envelope = encode_signed(
        Refresh(desc=json.dumps([{"name": f"camera-{number}"} for number in range(1000)])), SigningKey.generate()
    )
    assert unpacked(packed(envelope)) == envelope
    assert len(packed(envelope)) < len(zlib.compress(envelope, level=1))
