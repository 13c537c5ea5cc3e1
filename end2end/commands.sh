#!/usr/bin/env bash
# What an operator and a program do, with a shell and curl, against the real binary.
set -u
cd "$(dirname "$0")/.."
binary=$PWD/target/release/hallpass
work=$(mktemp -d)
server=
passed=0 failed=0
for name in $(env | sed -n 's/^\(HALLPASS_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

stop() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
  server=
}
trap 'stop; rm -rf "$work"' EXIT

ok() { # sentence, condition...
  local sentence=$1; shift
  if "$@"; then passed=$((passed + 1)); printf 'ok      %s\n' "$sentence"
  else failed=$((failed + 1)); printf 'FAILED  %s\n' "$sentence"
  fi
}
is() { [ "$1" = "$2" ] || { printf '        %q is not %q\n' "$1" "$2"; false; }; }
has() { case $1 in *"$2"*) true ;; *) printf '        %q has no %q\n' "$1" "$2"; false ;; esac; }
hasnt() { case $1 in *"$2"*) printf '        %q has %q\n' "$1" "$2"; false ;; *) true ;; esac; }

# Waits for a line in a log. The server says when it listens; this asks often and gives up.
await() { # pattern, file
  for _ in $(seq 200); do grep -q "$1" "$2" 2>/dev/null && return; sleep 0.05; done
  printf '        no %s in %s\n' "$1" "$2"; cat "$2"; return 1
}

start() { # environment and flags...
  stop
  : > "$work/log"
  (cd "$work" && exec env "$@" "$binary" serve --addr 127.0.0.1:0) 2> "$work/log" &
  server=$!
  await '"listening"' "$work/log" || exit 1
  base=http://$(sed -nE 's/.*"address":"([^"]*)".*/\1/p' "$work/log" | head -n 1)
}

# Status and body of a request, the body in $body.
call() { # method, path, more of curl's...
  local method=$1 path=$2; shift 2
  status=$(curl -s -o "$work/body" -w '%{http_code}' -X "$method" "$base$path" "$@")
  body=$(cat "$work/body")
}
post() { call POST "$1" -H 'Content-Type: application/json' -d "$2"; }
member() { printf '%s' "$body" | sed -nE "s/.*\"$1\":\"?([^\",}]*).*/\1/p"; }

echo '# the classic flow of a program'
start HALLPASS_ACCESS_TTL=2s
printf 'a kettle of purple fish\n' | (cd "$work" && "$binary" user add ada) 2>"$work/add"
ok 'the operator adds an account' has "$(cat "$work/add")" 'added ada'
post /api/v1/login '{"username":"ada","password":"a kettle of purple fish"}'
ok 'a program logs in' is "$status $(member token_type) $(member expires_in)" '200 Bearer 2'
access=$(member access_token) refresh=$(member refresh_token)
first_access=$access first_refresh=$refresh
me() { call GET /api/v1/me -H "Authorization: Bearer $access"; }
me; ok 'calls the protected route' is "$status $(member username)" '200 ada'
for _ in $(seq 100); do me; [ "$status" = 200 ] || break; sleep 0.1; done
ok 'gets 401 when the token has run out' is "$status $(member code)" '401 invalid_token'
post /api/v1/refresh-token "{\"refresh_token\":\"$refresh\"}"
ok 'refreshes' is "$status" 200
access=$(member access_token) refresh=$(member refresh_token)
me; ok 'calls again' is "$status" 200
post /api/v1/logout "{\"refresh_token\":\"$refresh\"}"
ok 'logs out' is "$status" 204
me; ok 'is refused at once' is "$status" 401
post /api/v1/refresh-token "{\"refresh_token\":\"$refresh\"}"
ok 'and cannot refresh' is "$status $(member code)" '401 signed_out'

echo '# the process'
for canary in '{"username":"ada","password":"canary-1"}' '{"username":"canary-2' '{"password":"canary-3"}'; do post /api/v1/login "$canary"; done
call GET '/login?next=canary-4' -H 'Cookie: __Host-refresh=canary-5' -H 'Authorization: Bearer canary-6'
call POST /api/refresh -H 'Sec-Fetch-Site: same-origin' -H 'Cookie: __Host-refresh=canary-7' -d ''
ok 'what a request carried is not in the log' hasnt "$(cat "$work/log")" canary
ok 'the log is JSON' is "$(grep -cv '^{.*}$' "$work/log")" 0
ok 'the log holds no token and no password' sh -c "! grep -qF -e '$access' -e '$refresh' -e '$first_access' -e '$first_refresh' -e kettle '$work/log'"
ok 'the data folder is for its owner alone' is "$(stat -c %a "$work/data")" 700
ok 'and so is the secret' is "$(stat -c %a "$work/data/secret")" 600
secret=$(cat "$work/data/secret")
call GET /readyz; ok 'it is ready' is "$status" 200
call GET /login; ok 'it serves the pages from any folder' has "$body" '/pkg/hallpass.'
asset=$(printf '%s' "$body" | sed -nE "s/.*fetch\('(\/pkg\/[^']*\.wasm)'.*/\1/p")
ok 'and names the app'"'"'s file' test -n "$asset"
headers=$(curl -s -o "$work/wasm" -D - -H 'Accept-Encoding: br' "$base$asset" | tr -d '\r')
ok 'with the files inside, compressed' has "$headers" 'content-encoding: br'
ok 'to be kept for ever' has "$headers" 'immutable'
etag=$(printf '%s' "$headers" | sed -n 's/^etag: //p')
call GET "$asset" -H "If-None-Match: $etag"; ok 'and not sent twice' is "$status" 304
call GET '/pkg/../../../etc/passwd' --path-as-is; ok 'and no others' is "$status" 404
# A request whose body has not come yet when the server is told to stop.
mkfifo "$work/rest"
curl -sv -o "$work/late" -w '%{http_code}' -X POST -H 'Content-Type: application/json' -H 'Expect: 100-continue' -T "$work/rest" \
  "$base/api/v1/login" > "$work/late-status" 2> "$work/late-log" & late=$!
exec 3> "$work/rest"
await '100 Continue' "$work/late-log"
kill -TERM "$server"
await '"stopping: ' "$work/log"
printf '{"username":"ada","password":"a kettle of purple fish"}' >&3
exec 3>&-
wait "$late"
wait "$server"; code=$?
server=
ok 'SIGTERM ends it with 0' is "$code" 0
ok 'after finishing what was in flight' is "$(cat "$work/late-status")" 200
ok 'and closing the database' sh -c "test ! -s '$work/data/hallpass.db-wal'"
start
ok 'a second start keeps the secret' is "$(cat "$work/data/secret")" "$secret"
stop

echo '# metrics and proxies'
ok 'nothing was served beside the public address' hasnt "$(cat "$work/log")" 'serving metrics'
start HALLPASS_METRICS_ADDR=127.0.0.1:0 HALLPASS_TRUSTED_PROXIES=127.0.0.0/8
await '"serving metrics"' "$work/log"
metrics=http://$(sed -nE '/"serving metrics"/s/.*"address":"([^"]*)".*/\1/p' "$work/log")
post /api/v1/login '{"username":"ada","password":"not a kettle"}'
curl -s "$metrics/metrics" > "$work/metrics"
ok 'the metrics have an address of their own' has "$(cat "$work/metrics")" 'hallpass_logins_total{outcome="wrong"} 1'
ok 'and name nobody' hasnt "$(cat "$work/metrics")" ada
call GET /metrics; ok 'they are not public' is "$status" 404
forged() { call POST /api/refresh -H 'Sec-Fetch-Site: cross-site' -H 'X-Forwarded-For: 203.0.113.9, 198.51.100.7'; }
forged; ok 'a trusted proxy says who comes' has "$(grep malicious_csrf "$work/log")" '"address":"198.51.100.7"'
start
forged; ok 'nobody else does' has "$(grep malicious_csrf "$work/log")" '"address":"127.0.0.1"'

echo '# backup and restore'
hallpass() { (cd "$work" && exec "$binary" "$@") > "$work/said" 2>&1; code=$?; said=$(cat "$work/said"); }
post /api/v1/login '{"username":"ada","password":"a kettle of purple fish"}'
refresh=$(member refresh_token)
hallpass backup copy; ok 'a backup is made while the server runs' is "$code" 0
ok 'it reminds of the secret' has "$said" 'keep the secret too'
ok 'for its owner alone' is "$(stat -c %a "$work/copy")" 600
hallpass backup copy; ok 'it takes no other file'"'"'s place' has "$code $said" '1 hallpass: there is a file copy already'
hallpass backup --force copy; ok 'unless it is told to' is "$code" 0
printf 'a kettle of purple fish\n' | (cd "$work" && "$binary" user add bob) 2>/dev/null
hallpass restore copy; ok 'nothing is restored while the server runs' has "$code $said" '1 hallpass: data/hallpass.db is in use'
stop
hallpass restore copy; ok 'a backup is restored when it has stopped' is "$code" 0
ok 'it says what became of the sessions' has "$said" 'sessions in it were ended'
ok 'and of what was there before' test -s "$work/$(sed -n 's/^what was there before is in //p' "$work/said")"
start
post /api/v1/refresh-token "{\"refresh_token\":\"$refresh\"}"
ok 'a session in it has ended, and nobody is taken for a thief' is "$status $(member code)" '401 revoked'
post /api/v1/login '{"username":"bob","password":"a kettle of purple fish"}'; ok 'what came later is gone' is "$status" 401
post /api/v1/login '{"username":"ada","password":"a kettle of purple fish"}'; ok 'what was there is back' is "$status" 200
refresh=$(member refresh_token)
hallpass backup --force copy
stop
hallpass restore --keep-sessions copy; ok 'sessions can be kept' has "$code $said" 'its sessions were kept'
start
post /api/v1/refresh-token "{\"refresh_token\":\"$refresh\"}"; ok 'and go on' is "$status" 200
stop
hallpass backup --database-url postgres://nobody@localhost/none copy2
ok 'with PostgreSQL its own tools are named' has "$code $said" 'back it up with pg_dump'
hallpass restore --help; ok 'the help says why sessions are ended' has "$said" 'taken for thieves'

echo '# files for deployment'
if command -v nginx > /dev/null && command -v openssl > /dev/null; then
  mkdir "$work/nginx"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -keyout "$work/nginx/key.pem" -out "$work/nginx/cert.pem" 2> /dev/null
  sed -e "s#/etc/ssl/hallpass/#$work/nginx/#" deploy/nginx.conf > "$work/nginx/site.conf"
  printf 'events {}\npid %s/pid;\nerror_log stderr;\nhttp { access_log off; include %s/site.conf; }\n' "$work/nginx" "$work/nginx" > "$work/nginx/nginx.conf"
  nginx -t -p "$work/nginx" -c "$work/nginx/nginx.conf" 2> "$work/nginx/said"
  ok 'nginx takes its example' is "$?" 0
fi
if command -v systemd-analyze > /dev/null; then
  sed -e "s#/usr/local/bin/hallpass#$binary#" deploy/hallpass.service > "$work/hallpass.service"
  ok 'systemd takes its unit' systemd-analyze verify --man=no "$work/hallpass.service"
fi
ok 'the dashboard is JSON' node -e 'JSON.parse(require("fs").readFileSync("deploy/grafana.json"))'
for name in $(grep -o 'hallpass_[a-z_]*' deploy/grafana.json | sed -E 's/_(bucket|sum|count)$//' | sort -u); do
  ok "the dashboard's $name is measured" grep -q "^# TYPE ${name%_total} " "$work/metrics"
done

echo '# configuration that makes no sense'
refused() { # sentence, expected words..., then -- and the environment
  local sentence=$1 words=(); shift
  while [ "$1" != -- ]; do words+=("$1"); shift; done; shift
  (cd "$work" && exec env HALLPASS_ADDR=127.0.0.1:0 "$@" timeout 10 "$binary") > "$work/refused" 2>&1
  local code=$? all=true word
  for word in "${words[@]}"; do has "$(cat "$work/refused")" "$word" || all=false; done
  ok "$sentence" test "$code-$all" = 2-true
}
refused 'an access lifetime without a unit' HALLPASS_ACCESS_TTL '"15"' 'such as 15m' -- HALLPASS_ACCESS_TTL=15
refused 'one that is no time' HALLPASS_IDLE_TTL 'is no time' -- HALLPASS_IDLE_TTL=soon
refused 'one that is too short' HALLPASS_ACCESS_TTL 'too short' -- HALLPASS_ACCESS_TTL=0s
refused 'a public URL without https' HALLPASS_PUBLIC_URL 'is not https' -- HALLPASS_PUBLIC_URL=http://example.com
refused 'a public URL with a path' HALLPASS_PUBLIC_URL 'has a path' -- HALLPASS_PUBLIC_URL=https://example.com/x
refused 'a weak secret, which is not repeated' HALLPASS_SECRET 'has 7 bytes' 'at least 32 bytes' -- HALLPASS_SECRET=hunter2
ok '(it is not)' hasnt "$(cat "$work/refused")" hunter2
refused 'an empty secret' HALLPASS_SECRET 'is empty' -- HALLPASS_SECRET=
refused 'a secret and a secret file' 'HALLPASS_SECRET is set, and so is HALLPASS_SECRET_FILE' -- HALLPASS_SECRET=0123456789abcdef0123456789abcdef HALLPASS_SECRET_FILE=/dev/null
refused 'a secret file that is not there' HALLPASS_SECRET_FILE 'cannot be read' -- HALLPASS_SECRET_FILE=/nonexistent
refused 'sign-up that is neither open nor closed' HALLPASS_SIGNUP 'open or closed' -- HALLPASS_SIGNUP=maybe
refused 'a variable that does not exist' HALLPASS_ACESS_TTL 'means nothing' -- HALLPASS_ACESS_TTL=15m
refused 'everything that is wrong, at once' HALLPASS_SIGNUP HALLPASS_IDLE_TTL -- HALLPASS_SIGNUP=x HALLPASS_IDLE_TTL=y
refused 'a proxy that is none' HALLPASS_TRUSTED_PROXIES '"nginx"' -- HALLPASS_TRUSTED_PROXIES=nginx
refused 'a past that is kept too briefly' HALLPASS_SESSION_RETENTION 'too short' -- HALLPASS_SESSION_RETENTION=1h
refused 'an address that is none' HALLPASS_ADDR 'no address' -- HALLPASS_ADDR=here

echo '# databases that are not to be used'
cannot_start() { # sentence, words
  (cd "$work" && exec timeout 10 "$binary" serve --addr 127.0.0.1:0) > "$work/refused" 2>&1
  local code=$? said=true
  has "$(cat "$work/refused")" "$2" || said=false
  ok "$1" test "$code-$said" = 1-true
}
chmod 644 "$work/data/secret"; cannot_start 'a secret that others can read' 'make it 0600'; chmod 600 "$work/data/secret"
mv "$work/data/secret" "$work/aside"; cannot_start 'a database made with another secret' 'sealed under another secret'; mv "$work/aside" "$work/data/secret"
chmod 400 "$work/data/hallpass.db"; cannot_start 'a read-only database' 'is read-only'; chmod 600 "$work/data/hallpass.db"
printf 'this is no database, although it is long enough to be taken for one at first sight.......' > "$work/data/hallpass.db"
cannot_start 'a damaged database' 'is damaged or is no SQLite database'

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
