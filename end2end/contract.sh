#!/usr/bin/env bash
# Whether the real binary answers as its OpenAPI document says, whatever it is sent: schemathesis, as nobody and as somebody.
set -u
cd "$(dirname "$0")/.."
export BINARY=${BINARY:-$PWD/target/release/hallpass}
examples=${EXAMPLES:-100}
WORK=$(mktemp -d)
export WORK
server=
passed=0 failed=0
for name in $(env | sed -n 's/^\(HALLPASS_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

stop() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
  rm -rf "$WORK"
}
trap stop EXIT

ok() { # sentence, condition...
  local sentence=$1; shift
  if "$@"; then passed=$((passed + 1)); printf 'ok      %s\n' "$sentence"
  else failed=$((failed + 1)); printf 'FAILED  %s\n' "$sentence"
  fi
}

(cd "$WORK" && exec "$BINARY" serve --addr 127.0.0.1:0) 2> "$WORK/log" &
server=$!
for _ in $(seq 200); do grep -q '"listening"' "$WORK/log" && break; sleep 0.05; done
BASE=http://$(sed -nE 's/.*"address":"([^"]*)".*/\1/p' "$WORK/log" | head -n 1)
export BASE

run() { # as whom
  AS=$1 PYTHONPATH=end2end SCHEMATHESIS_HOOKS=contract target/python/bin/schemathesis \
    --config-file end2end/schemathesis.toml --no-color run "$BASE/api/v1/openapi.json" --url "$BASE" \
    --checks all --max-examples "$examples" --seed 1 --workers 1 --generation-database none --request-timeout 10 --warnings off
}

ok 'whoever is nobody is answered as the document says' run nobody
ok 'whoever is somebody is answered as the document says' run somebody
ok 'no request made the server fail' sh -c "! grep -qE '\"level\":\"ERROR\"' '$WORK/log'"

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
