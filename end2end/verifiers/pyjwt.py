"""Our access tokens before PyJWT: it believes what we make, and refuses what we refuse, when it is asked for as below.

    python pyjwt.py live ISSUER KEYS TOKEN    a token of a running server, and where its keys are
    python pyjwt.py vectors FILE DIFFERENCES  what src/tests/token_vectors/export.rs wrote
"""

import json
import sys
import time
import urllib.request
from uuid import UUID

import jwt

LONGEST = 2048
# How far the clock of whoever made a token may be ahead, in seconds.
SKEW = 5
TEXT, NUMBER, ID = "text", "number", "id"
CLAIMS = {
    "iss": TEXT, "aud": TEXT, "sub": ID, "client_id": TEXT, "iat": NUMBER, "nbf": NUMBER, "exp": NUMBER, "jti": TEXT, "sid": ID, "gen": NUMBER,
    "auth_time": NUMBER,
}


def is_a(kind, value):
    if kind == NUMBER:
        return type(value) is int and 0 <= value < 2**53
    return type(value) is str and (kind == TEXT or str(UUID(value)) == value)


def verify(token, keys, issuer, lifetime):
    """lifetime: HALLPASS_ACCESS_TTL in seconds."""
    # What PyJWT does not look at: how long a token is, its type (RFC 9068, section 4), and that its header says nothing that we do not.
    if len(token) > LONGEST:
        raise jwt.InvalidTokenError("too long")
    header = jwt.get_unverified_header(token)
    if set(header) != {"typ", "alg", "kid"} or str(header["typ"]).lower().removeprefix("application/") != "at+jwt":
        raise jwt.InvalidTokenError("no access token of ours")
    # What it looks at only when it is told to.
    claims = jwt.decode(
        token,
        keys[header["kid"]],
        algorithms=["EdDSA"],
        issuer=issuer,
        audience=issuer,
        options={"require": list(CLAIMS), "strict_aud": True},
    )
    # And what is ours to know: which claims there are, of which kind, for which client, and how long a token may live.
    if set(claims) != set(CLAIMS) or not all(is_a(kind, claims[name]) for name, kind in CLAIMS.items()):
        raise jwt.InvalidTokenError("claims that are not ours")
    if claims["client_id"] != "hallpass" or claims["exp"] - claims["iat"] > lifetime + 1:
        raise jwt.InvalidTokenError("for another client, or for too long")
    if max(claims["iat"], claims["auth_time"]) > time.time() + SKEW:
        raise jwt.InvalidTokenError("from the future")
    return claims


def known(jwks):
    return {key.key_id: key for key in jwt.PyJWKSet.from_dict(jwks).keys}


def refusal(token, keys, issuer, lifetime):
    """Why it is refused; None: it is believed."""
    try:
        verify(token, keys, issuer, lifetime)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"[:200]
    return None


def live(issuer, url, token):
    with urllib.request.urlopen(url, timeout=5) as answer:
        keys = known(json.load(answer))
    why = refusal(token, keys, issuer, 900)
    print(f"ok      PyJWT believes a token of the running server" if why is None else f"FAILED  PyJWT refuses a token of the running server: {why}")
    tampered = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    refused = refusal(tampered, keys, issuer, 900) is not None
    print(f"{'ok    ' if refused else 'FAILED'}  and not one of which a character was changed")
    return [why is None, refused]


def vectors(file, differences):
    with open(file) as text:
        document = json.load(text)
    with open(differences) as text:
        differences = json.load(text)["PyJWT"]
    rules = known(document["jwks"]), document["issuer"], document["lifetime"]
    done, met = [], set()
    for vector in document["believed"]:
        why = refusal(vector["token"], *rules)
        done.append(why is None)
        if why is not None:
            print(f"FAILED  it refuses one that we believe: {vector['name']}: {why}")
    for vector in document["refused"]:
        name = f"{vector['group']}: {vector['name']}"
        expected = next((listed for listed in differences if name == listed or listed.endswith("*") and name.startswith(listed[:-1])), None)
        believed = refusal(vector["token"], *rules) is None
        if believed and expected is not None:
            met.add(expected)
        done.append(believed == (expected is not None))
        if not done[-1]:
            print(f"FAILED  {name}: " + ("it believes what we refuse" if believed else "listed as a difference, and is none"))
    for listed in set(differences) - met:
        done.append(False)
        print(f"FAILED  the list of differences names {listed!r}, which nothing shows")
    print(f"ok      PyJWT refuses {len(document['refused'])} vectors, but for {len(met)} kinds that are listed with the reason" if all(done) else "FAILED  see above")
    return done


if __name__ == "__main__":
    done = {"live": live, "vectors": vectors}[sys.argv[1]](*sys.argv[2:])
    print(f"{sum(done)} passed, {len(done) - sum(done)} failed")
    sys.exit(0 if all(done) else 1)
