"""Works the refresh token's test vectors out from its written format, sharing no code with the server."""

import base64
import hashlib
import hmac

SERVER_SECRET = b"0123456789abcdef0123456789abcdef"
SESSION = b"session-id-16-by"


def hkdf(secret: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, one block."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def token(generation: int, secret: bytes) -> bytes:
    body = b"\x01" + SESSION + generation.to_bytes(4, "big") + secret
    key = hkdf(SERVER_SECRET, b"hallpass refresh tag 1")
    return body + hmac.digest(key, body, "sha256")[:16]


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


first_secret, second_secret = b"\x11" * 32, b"\x22" * 32
first, second = token(1, first_secret), token(2, second_secret)
pad = hmac.digest(first_secret, b"successor" + SESSION + (2).to_bytes(4, "big"), "sha256")
print("first", text(first))
print("second", text(second))
print("hash of first", hashlib.sha256(first).hexdigest())
print("second sealed under first", bytes(a ^ b for a, b in zip(second_secret, pad)).hex())
