import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bus.signature import BadKey, SigningKey, key_id, public_key_from

PRIVATE = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
PUBLIC = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "key.pem"
    first = SigningKey.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert len(bytes.fromhex(first.public_key_hex)) == 32
    assert SigningKey.load_or_create(path).public_key_hex == first.public_key_hex


def test_of_two_first_starts_one_key_wins(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    start = threading.Barrier(8)
    seen = []

    def load() -> None:
        start.wait()
        seen.append(SigningKey.load_or_create(path).public_key_hex)

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ec.generate_private_key(ec.SECP256R1()).private_bytes(*PRIVATE),
        Ed25519PrivateKey.generate().private_bytes(*PRIVATE[:2], serialization.BestAvailableEncryption(b"secret")),
    ],
)
def test_a_file_without_a_usable_key_is_an_error_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(BadKey) as error:
        SigningKey.load_or_create(path)
    assert str(path) in str(error.value)
    assert path.read_bytes() == content


def test_a_public_key_is_read_from_digits_and_from_files(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    digits = private.public_key().public_bytes_raw().hex()
    pem, text = tmp_path / "key.pub", tmp_path / "key.hex"
    pem.write_bytes(private.public_key().public_bytes(*PUBLIC))
    text.write_text(f"{digits.upper()}\n")
    assert public_key_from(digits) == public_key_from(pem) == public_key_from(str(text)) == digits


def test_what_is_no_public_key_is_refused(tmp_path: Path) -> None:
    other, garbage = tmp_path / "other.pem", tmp_path / "garbage"
    other.write_bytes(ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*PUBLIC))
    garbage.write_bytes(b"\xff\x00")
    for path in (other, garbage):
        with pytest.raises(BadKey) as error:
            public_key_from(path)
        assert str(path) in str(error.value)
    with pytest.raises(FileNotFoundError):
        public_key_from("ab" * 31)


def test_a_key_has_the_name_that_its_hash_gives_and_shows_no_secret() -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    # RFC 8032 has no such vector; computed once with OpenSSL 3.
    assert key.public_key_hex == "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
    assert key_id(key.public_key_hex) == key.signer.public_key.keyid
    assert repr(key) == "SigningKey(3b6a27bc…)"
