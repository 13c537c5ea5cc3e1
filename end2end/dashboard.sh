#!/usr/bin/env bash
# Whether what the Grafana dashboard asks is answered: a Prometheus reads the metrics of the real binary, and every expression of every panel
# must find something there.
set -u
cd "$(dirname "$0")/.."
. end2end/shell.sh
prometheus=$(command -v prometheus || echo target/prometheus/usr/bin/prometheus)
collector=
# The server is waiting for a minute when it is no longer needed.
trap '{ kill "$collector"; kill -KILL "$server"; wait; } 2> /dev/null; rm -rf "$work"' EXIT

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
measured=$(free_port) asked=$(free_port)

# A server that was told to stop goes on answering for a while, and /readyz with an error: so there is one to be shown.
start HALLPASS_METRICS_ADDR="127.0.0.1:$measured" HALLPASS_DRAIN=60s
cat > "$work/prometheus.yml" <<YAML
global: { scrape_interval: 500ms }
scrape_configs:
  - job_name: hallpass
    static_configs: [{ targets: ['127.0.0.1:$measured'] }]
YAML
"$prometheus" --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/collected" --web.listen-address="127.0.0.1:$asked" > "$work/prometheus.log" 2>&1 &
collector=$!

printf 'a kettle of purple fish\n' | (cd "$work" && "$binary" user add ada) > "$work/added" 2>&1
post() { curl -s -o /dev/null -X POST -H 'Content-Type: application/json' -d "$2" "$base$1"; }
post /api/v1/login '{"username":"ada","password":"a kettle of purple fish"}'
post /api/v1/login '{"username":"ada","password":"a pot of blue fish"}'
post /api/v1/refresh-token '{"refresh_token":"none"}'
curl -s -o /dev/null "$base/login"
kill "$server"
for _ in $(seq 200); do [ "$(curl -s -o /dev/null -w '%{http_code}' "$base/readyz")" = 503 ] && break; sleep 0.05; done

node end2end/dashboard.js "http://127.0.0.1:$asked" "$base" > "$work/answers" || cat "$work/prometheus.log"
while IFS=$'\t' read -r found sentence; do ok "$sentence" is "$found" found; done < "$work/answers"

verdict
