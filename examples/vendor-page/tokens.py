"""Who is calling: API keys, and JWTs (RS256) that the consumer signs.

The vendor makes a key pair for each account, hands the private key over once, and
keeps the public key. Only verification is needed here, so the standard library is
enough: RSA verification is one modular exponentiation and one comparison.
"""

import base64
import hashlib
import hmac
import json

MAX_LIFETIME_SECONDS = 3600
CLOCK_SKEW_SECONDS = 60
ISSUER = "convergint"

# The DigestInfo of SHA-256 in DER, which precedes the digest (RFC 8017, section 9.2).
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


class InvalidToken(Exception):
    """The token does not authenticate its sender; the message says why."""


class PublicKey:
    """An RSA public key, read from the PEM that `openssl rsa -pubout` writes."""

    def __init__(self, pem: str):
        lines = [line.strip() for line in pem.strip().splitlines()]
        if not lines or lines[0] != "-----BEGIN PUBLIC KEY-----":
            raise ValueError("Expected a PEM file that begins with BEGIN PUBLIC KEY.")
        der = base64.b64decode("".join(lines[1:-1]))
        info = _children(_element(der)[1])
        # SubjectPublicKeyInfo: the algorithm, then a BIT STRING with modulus and exponent.
        key = _element(info[1][1:])[1]
        self.modulus, self.exponent = (int.from_bytes(n, "big") for n in _children(key))
        if self.modulus.bit_length() < 2048:
            raise ValueError("The key must have at least 2048 bits.")

    def verify(self, signed: bytes, signature: bytes) -> bool:
        """Compare the whole encoded message, so nothing in the padding can vary."""
        size = (self.modulus.bit_length() + 7) // 8
        if len(signature) != size:
            return False
        number = int.from_bytes(signature, "big")
        if number >= self.modulus:
            return False
        message = pow(number, self.exponent, self.modulus).to_bytes(size, "big")
        digest = SHA256_PREFIX + hashlib.sha256(signed).digest()
        expected = b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest
        return hmac.compare_digest(message, expected)


def _element(der: bytes) -> tuple[bytes, bytes]:
    """Split the first DER element off; return the rest and the element's content."""
    length, start = der[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(der[2:start], "big")
    return der[start + length :], der[start : start + length]


def _children(content: bytes) -> list[bytes]:
    """The contents of the DER elements inside a SEQUENCE."""
    children = []
    while content:
        content, child = _element(content)
        children.append(child)
    return children


def _decode(part: str) -> bytes:
    return base64.b64decode(
        part + "=" * (-len(part) % 4), altchars=b"-_", validate=True
    )


def _is_time(value) -> bool:
    # The comparison is false for NaN, which Python reads from JSON.
    return type(value) in (int, float) and 0 <= value < 1e11


def verify_token(token: str, key: PublicKey, now: float) -> None:
    """Check signature, issuer and times of a JWT.

    `now` is in Unix seconds. Raises InvalidToken. Only RS256 is accepted, whatever
    the token's header says.
    """
    try:
        head, claims, signature = token.split(".")
        header, payload = json.loads(_decode(head)), json.loads(_decode(claims))
        algorithm, extensions = header.get("alg"), header.get("crit")
        issued, expires = payload.get("iat"), payload.get("exp")
        proof = _decode(signature)
    except (ValueError, AttributeError, RecursionError) as error:
        raise InvalidToken("This is not a JWT.") from error
    if algorithm != "RS256" or extensions is not None:
        raise InvalidToken("Sign the token with RS256, without extensions.")
    if not key.verify(f"{head}.{claims}".encode(), proof):
        raise InvalidToken("The signature does not match the registered public key.")
    if payload.get("iss") != ISSUER:
        raise InvalidToken(f'The issuer must be "{ISSUER}".')
    if not (_is_time(issued) and _is_time(expires)):
        raise InvalidToken("The token needs iat and exp in Unix seconds.")
    if expires - issued > MAX_LIFETIME_SECONDS:
        raise InvalidToken("exp must be at most an hour after iat.")
    if now < issued - CLOCK_SKEW_SECONDS or now >= expires + CLOCK_SKEW_SECONDS:
        raise InvalidToken("The token is not valid at this time; check the clock.")


class Credentials:
    """Maps a bearer token to the account it belongs to: one credential, one account."""

    def __init__(self):
        self._keys: list[tuple[bytes, str]] = []
        self._public_keys: list[tuple[PublicKey, str]] = []

    def add_api_key(self, key: str, account_id: str) -> None:
        # Only a hash is kept: it also makes the comparison independent of the length.
        self._keys.append((hashlib.sha256(key.encode()).digest(), account_id))

    def add_public_key(self, key: PublicKey, account_id: str) -> None:
        self._public_keys.append((key, account_id))

    def account_of(self, authorization: str | None, now: float) -> str:
        """The account id for an `Authorization` header. Raises InvalidToken."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise InvalidToken("Send Authorization: Bearer with an API key or a JWT.")
        digest = hashlib.sha256(token.strip().encode()).digest()
        for known, account_id in self._keys:
            if hmac.compare_digest(known, digest):
                return account_id
        reason = InvalidToken("Unknown API key.")
        for public_key, account_id in self._public_keys:
            try:
                verify_token(token.strip(), public_key, now)
                return account_id
            except InvalidToken as error:
                reason = error
        raise reason
