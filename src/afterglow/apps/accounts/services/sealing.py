"""A PIN that is typed where no server can be asked: sealed on the tablet, opened only here.

The tablet gets the server's public key with the page that it keeps. What it seals it cannot open
again itself, so no PIN lies on it that somebody who takes the tablet could read or try out.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE: Final = b"afterglow offline pin v1"
_ORDER: Final = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
"""The number of points of P-256: a private key is a whole number from 1 to one below it."""


class NotSealedHere(ValueError):
    """What came is no secret that was sealed for this server, this session and this name."""


@lru_cache(maxsize=2)
def _private(secret_key: str) -> ec.EllipticCurvePrivateKey:
    # 48 bytes for a 32-byte order: the remainder leans to no number by more than 2**-128.
    drawn = HKDF(hashes.SHA256(), 48, b"", PURPOSE + b" key").derive(secret_key.encode())
    number = int.from_bytes(drawn, "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def public_key() -> dict[str, str]:
    """Return the key to seal with as a JSON Web Key. It follows from the server's signing key."""
    numbers = _private(settings.SECRET_KEY).public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": _text(numbers.x.to_bytes(32, "big")),
        "y": _text(numbers.y.to_bytes(32, "big")),
    }


def opened(sealed: Mapping[str, str], *, about: str) -> str:
    """Return what was sealed: ``key`` (the sealer's public point), ``iv`` and ``text``, base64url.

    ``about`` is what the seal was bound to: moved to another session or another name it does not
    open. Raises NotSealedHere.
    """
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), _bytes(str(sealed["key"]))
        )
        shared = _private(settings.SECRET_KEY).exchange(ec.ECDH(), point)
        key = HKDF(hashes.SHA256(), 32, b"", PURPOSE).derive(shared)
        words = AESGCM(key).decrypt(
            _bytes(str(sealed["iv"])), _bytes(str(sealed["text"])), about.encode()
        )
        return words.decode()
    except (KeyError, ValueError, TypeError, InvalidTag, binascii.Error) as problem:
        raise NotSealedHere("The secret was not sealed for this server.") from problem


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
