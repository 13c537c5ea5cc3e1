"""A service that verifies Hallpass's access tokens by itself. `Verifier` is the part to copy; it needs PyJWT[crypto].

What it cannot see is that a session has ended: such a token is believed here until it runs out, which is HALLPASS_ACCESS_TTL after it was made
at the latest. What must not wait so long asks Hallpass itself (GET /api/v1/me with the token).

    ISSUER=http://localhost:3000 KEYS=http://127.0.0.1:3000/.well-known/jwks.json python verify.py
"""

import os
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

import jwt


class KeysUnavailable(Exception):
    """The keys could not be fetched, and none are there."""


class Verifier:
    # What Hallpass says in Cache-Control.
    FRESH = 300
    # A key that is not known may be a new one, or made up by somebody who wants us to ask all the time. PyJWT's own client asks for each.
    BETWEEN_FETCHES = 30

    def __init__(self, issuer, audience, keys):
        """issuer: Hallpass's public URL. audience: for whom tokens must be; Hallpass's are for its public URL."""
        self.issuer, self.audience, self.url = issuer, audience, keys
        self.keys, self.came, self.asked, self.lock = None, None, None, Lock()

    def verify(self, token):
        """The claims of a token, or jwt.PyJWTError."""
        header = jwt.get_unverified_header(token)
        # RFC 9068, section 4: whatever else was signed with this key is no access token.
        if str(header.get("typ")).lower().removeprefix("application/") != "at+jwt" or "crit" in header:
            raise jwt.InvalidTokenError("no access token")
        return jwt.decode(
            token,
            self.key(header.get("kid")),
            # The algorithm is ours to choose, and never the token's (RFC 8725, section 3.1).
            algorithms=["EdDSA"],
            issuer=self.issuer,
            audience=self.audience,
            leeway=5,
            options={"require": ["exp", "nbf", "iss", "aud", "sub", "sid"]},
        )

    def key(self, kid):
        with self.lock:
            now = time.monotonic()
            past = lambda moment, seconds: moment is None or now - moment >= seconds
            if past(self.asked, self.BETWEEN_FETCHES) and (kid not in (self.keys or {}) or past(self.came, self.FRESH)):
                self.asked = now
                try:
                    with urllib.request.urlopen(self.url, timeout=5) as answer:
                        keys = jwt.PyJWKSet.from_json(answer.read())
                    self.keys, self.came = {key.key_id: key for key in keys.keys}, now
                except (OSError, ValueError, jwt.PyJWTError):
                    pass  # Those that are there stay good.
            if self.keys is None:
                raise KeysUnavailable
            if kid not in self.keys:
                raise jwt.InvalidTokenError("no key of ours")
            return self.keys[kid]


class Service(BaseHTTPRequestHandler):
    verifier = Verifier(os.environ["ISSUER"], os.environ.get("AUDIENCE", os.environ["ISSUER"]), os.environ["KEYS"])

    def do_GET(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return self.answer(401, challenge="Bearer")
        try:
            claims = self.verifier.verify(token)
        except jwt.PyJWTError:
            return self.answer(401, challenge='Bearer error="invalid_token"')
        except KeysUnavailable:
            return self.answer(503)
        self.answer(200, f"{claims['sub']} in {claims['sid']}\n")

    def answer(self, status, text="", challenge=None):
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
