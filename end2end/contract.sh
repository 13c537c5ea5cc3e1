#!/usr/bin/env bash
# Whether the real binary answers as its OpenAPI document says, whatever it is sent: schemathesis, as nobody and as somebody.
set -u
cd "$(dirname "$0")/.."
. end2end/shell.sh
examples=${EXAMPLES:-100}

start
export BINARY=$binary WORK=$work BASE=$base

run() { # as whom
  AS=$1 PYTHONPATH=end2end SCHEMATHESIS_HOOKS=contract target/python/bin/schemathesis \
    --config-file end2end/schemathesis.toml --no-color run "$BASE/api/v1/openapi.json" --url "$BASE" \
    --checks all --max-examples "$examples" --seed 1 --workers 1 --generation-database none --request-timeout 10 --warnings off
}

ok 'whoever is nobody is answered as the document says' run nobody
ok 'whoever is somebody is answered as the document says' run somebody
ok 'no request made the server fail' sh -c "! grep -qE '\"level\":\"ERROR\"' '$WORK/log'"

verdict
