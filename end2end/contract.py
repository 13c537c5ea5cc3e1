"""What schemathesis needs to call Hallpass as somebody: an access token that is good, whatever was called before."""

import http.client
import json
import os
import subprocess
from urllib.parse import urlsplit

import schemathesis

PASSWORD = "a kettle of purple fish"
HALLPASS = urlsplit(os.environ.get("BASE", "http://127.0.0.1:3000"))


def ask(method, path, body=None, **headers):
    # From an address of its own, so that what is tried does not stand in the way of what is needed.
    connection = http.client.HTTPConnection(HALLPASS.hostname, HALLPASS.port, timeout=10, source_address=("127.0.0.2", 0))
    try:
        if body is not None:
            headers["Content-Type"], body = "application/json", json.dumps(body)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Somebody:
    """Signs out everywhere and changes passwords as often as it is told to, and is somebody else afterwards."""

    def __init__(self):
        self.token, self.people = None, 0

    def get(self, case, context):
        if self.token is None or ask("GET", "/api/v1/me", Authorization=f"Bearer {self.token}")[0] != 200:
            self.people += 1
            name = f"somebody {self.people}"
            add = [os.environ["BINARY"], "user", "add", name]
            subprocess.run(add, input=f"{PASSWORD}\n".encode(), cwd=os.environ["WORK"], check=True, capture_output=True)
            status, body = ask("POST", "/api/v1/login", {"username": name, "password": PASSWORD})
            assert status == 200, body
            self.token = json.loads(body)["access_token"]
        return self.token

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


if os.environ.get("AS") == "somebody":
    schemathesis.auth(refresh_interval=None)(Somebody)
