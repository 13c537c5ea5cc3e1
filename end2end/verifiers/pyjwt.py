"""Our access tokens before PyJWT: it believes what we make, and refuses what we refuse, when it is asked for as below.

    python pyjwt.py live ISSUER KEYS TOKEN    a token of a running server, and where its keys are
    python pyjwt.py vectors FILE DIFFERENCES  what src/tests/token_vectors/export.rs wrote
"""

import json
import sys
import urllib.request

import jwt

LONGEST = 2048


def verify(token, keys, issuer):
    # What PyJWT does not look at: how long a token is, its type (RFC 9068, section 4), and that its header says nothing that we do not.
    if len(token) > LONGEST:
        raise jwt.InvalidTokenError("too long")
    header = jwt.get_unverified_header(token)
    if set(header) != {"typ", "alg", "kid"} or str(header["typ"]).lower().removeprefix("application/") != "at+jwt":
        raise jwt.InvalidTokenError("no access token of ours")
    # What it looks at only when it is told to.
    return jwt.decode(
        token,
        keys[header["kid"]],
        algorithms=["EdDSA"],
        issuer=issuer,
        audience=issuer,
        options={"require": ["iss", "aud", "sub", "client_id", "iat", "nbf", "exp", "jti", "sid", "gen", "auth_time"], "strict_aud": True},
    )


def known(jwks):
    return {key.key_id: key for key in jwt.PyJWKSet.from_dict(jwks).keys}


def refusal(token, keys, issuer):
    """Why it is refused; None: it is believed."""
    try:
        verify(token, keys, issuer)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"[:200]
    return None


def live(issuer, url, token):
    with urllib.request.urlopen(url, timeout=5) as answer:
        keys = known(json.load(answer))
    why = refusal(token, keys, issuer)
    print(f"ok      PyJWT believes a token of the running server" if why is None else f"FAILED  PyJWT refuses a token of the running server: {why}")
    tampered = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    refused = refusal(tampered, keys, issuer) is not None
    print(f"{'ok    ' if refused else 'FAILED'}  and not one of which a character was changed")
    return [why is None, refused]


def vectors(file, differences):
    with open(file) as text:
        document = json.load(text)
    with open(differences) as text:
        differences = json.load(text)["PyJWT"]
    keys, issuer = known(document["jwks"]), document["issuer"]
    done, met = [], set()
    for vector in document["believed"]:
        why = refusal(vector["token"], keys, issuer)
        done.append(why is None)
        if why is not None:
            print(f"FAILED  it refuses one that we believe: {vector['name']}: {why}")
    for vector in document["refused"]:
        name = f"{vector['group']}: {vector['name']}"
        expected = next((listed for listed in differences if name == listed or listed.endswith("*") and name.startswith(listed[:-1])), None)
        believed = refusal(vector["token"], keys, issuer) is None
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
