#!/usr/bin/env bash
# What an operator and a program do, with a shell and curl, against the real binary. BINARY names another than that of the release.
set -u
cd "$(dirname "$0")/.."
. end2end/shell.sh

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
unlocked=$( (cd "$work" && "$binary" user unlock ada) 2>&1)
ok 'the operator unlocks it' has "$unlocked" 'there were no failures to sign in as ada'
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
if [ "$(uname -sm)" = 'Linux x86_64' ]; then
  ok 'hashes have large pages where the kernel has them' grep -aqF 'thp:always,narenas:2' "$binary"
fi
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
call GET "$asset" -H 'Accept-Encoding: br' -H "If-None-Match: $etag"; ok 'and not sent twice' is "$status" 304
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

# A balancer that asks now and then is told before the door is shut.
start HALLPASS_DRAIN=3s HALLPASS_PUBLIC_URL=https://hallpass.example
ok 'whoever comes over https without a proxy that is trusted is warned of' has "$(cat "$work/log")" 'HALLPASS_TRUSTED_PROXIES names none'
kill -TERM "$server"
await '"stopping soon: ' "$work/log"
call GET /readyz; ok 'who stops soon says so' is "$status $(member code)" '503 stopping'
call GET /livez; ok 'and serves whoever comes until then' is "$status" 200
wait "$server"; code=$?
server=
ok 'and then ends' is "$code" 0
start HALLPASS_TRUSTED_PROXIES=127.0.0.1 HALLPASS_PUBLIC_URL=https://hallpass.example
ok 'where one is trusted nobody is warned' hasnt "$(cat "$work/log")" 'names none'
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

echo '# operators'
hallpass() { (cd "$work" && exec "$binary" "$@") > "$work/out" 2> "$work/err"; code=$?; out=$(cat "$work/out") said=$(cat "$work/err"); }
as() { # name: signs in as a program, and keeps the tokens
  post /api/v1/login "{\"username\":\"$1\",\"password\":\"${2:-a kettle of purple fish}\"}"
  access=$(member access_token) refresh=$(member refresh_token)
}
# Until a running server has heard of it, a second at most.
refused_soon() { for _ in $(seq 20); do me; [ "$status" = 401 ] && return; sleep 0.05; done; printf '        still %s\n' "$status"; return 1; }
cannot_refresh() { post /api/v1/refresh-token "{\"refresh_token\":\"$refresh\"}"; is "$status $(member code)" "401 $1"; }
json() { printf '%s' "$out" | node -e "const d = JSON.parse(require('fs').readFileSync(0)); console.log($1)"; }
piped() { printf '%s\n' "$1" | (shift; cd "$work" && exec "$binary" "$@") > "$work/out" 2> "$work/err"; code=$?; out=$(cat "$work/out") said=$(cat "$work/err"); }

post /api/v1/login '{"username":"nobody at all","password":"a kettle of purple fish"}'; wrong="$status $body"
for name in grace mary; do piped 'a kettle of purple fish' user add "$name"; done
ok 'an account is added while the server runs' is "$code $said" '0 added mary'
piped 'a kettle of purple fish' user add Mary; ok 'not twice' has "$code $said" '1 hallpass: the name is taken'
piped short user add eve; ok 'nor with a password that is none' has "$code $said" '1 hallpass: Use at least 15 characters'
hallpass user list --json --limit 1
ok 'accounts are listed' is "$code $(json 'd.users[0].username')" '0 mary'
hallpass user list --json --limit 1 --after "$(json d.next)"; ok 'page by page' is "$(json 'd.users[0].username')" grace
hallpass user list; ok 'and for people' has "$out" 'enabled  grace'
as grace
hallpass user show GRACE --json
ok 'one is shown' is "$code $(json 'd.username + d.live_sessions + d.disabled_at')" '0 grace1null'
ok 'with the failures since its password was right' is "$(json '[d.failures_in_a_row.strangers, d.failures_in_a_row.known_devices, d.closed_to_new_devices].join(" ")')" '0 0 false'
ok 'without its hash' hasnt "$out" argon
for command in show disable enable remove; do hallpass user $command nobody; ok "$command knows nobody it does not know" is "$code $said" '1 hallpass: nobody has the name nobody'; done

hallpass user disable grace; ok 'an account is disabled' is "$code $said" '0 disabled grace and ended 1 session'
ok 'its access token is refused within a second' refused_soon
ok 'and its refresh token' cannot_refresh disabled
as grace; ok 'and its password, like a wrong one' is "$status $body" "$wrong"
hallpass user disable grace --json; ok 'once, as a program reads it' is "$code $(json 'd.username + d.changed + d.ended_sessions')" '0 gracefalse0'
hallpass user disable grace; ok 'once' is "$code $said" '0 grace was disabled before'
hallpass user enable grace --json; ok 'or not' is "$code $(json 'd.username + d.changed')" '0 gracetrue'
hallpass user unlock grace --json; ok 'failures to sign in are forgotten' is "$code $(json d.forgotten)" '0 true'
hallpass key list --json; ok 'keys are listed' is "$code $(json 'd.keys[0].role')" '0 signing'
hallpass key rotate --json; ok 'and the next one is published' is "$code $(json 'd.keys[0].role')" '0 next'
hallpass event list --kind signing_key_published --json; ok 'which is an event' is "$(json 'd.events[0].by')" operator
as grace; ok 'and enabled again' is "$code $status" '0 200'
piped 'short' user set-password grace; ok 'a password keeps to the rules' has "$code $said" '1 hallpass: Use at least 15'
me; ok 'or nothing happens' is "$status" 200
piped 'seven slow brown turtles' user set-password grace --json
ok 'another password is set' is "$code $(json d.ended_sessions)" '0 1'
ok 'which ends the sessions' refused_soon
ok 'and says why' cannot_refresh password_changed
as grace; ok 'the old one is none any more' is "$status" 401
as grace 'seven slow brown turtles'; ok 'the new one is' is "$status" 200

hallpass session list --user grace --json; id=$(json 'd.sessions[0].id')
ok 'sessions are listed' is "$code $(json 'd.sessions.length')" '0 1'
hallpass session end "$id"; ok 'one is ended' is "$code $said" "0 ended $id"
ok 'and refused' refused_soon
ok 'as such' cannot_refresh revoked
hallpass session end "$id"; ok 'once' is "$code $said" "0 $id had ended before (revoked)"
hallpass session end 00000000-0000-7000-8000-000000000000; ok 'unless there is none' has "$code $said" '1 hallpass: there is no session'
as grace 'seven slow brown turtles'
hallpass session end --user grace; ok 'those of a person are ended' is "$code $said" '0 ended 1 session of grace'
ok 'and refused too' refused_soon
as mary
hallpass session end --all; ok 'all are ended only if that is meant' has "$code $said" --yes
ok '(which makes no sense otherwise)' is "$code" 2
me; ok '(they are not)' is "$status" 200
hallpass session end --all --yes; ok 'if it is, all are' is "$code" 0
ok 'and refused as well' refused_soon

as grace 'seven slow brown turtles'
hallpass user remove grace --json; ok 'an account is removed' is "$code $(json 'd.username + d.ended_sessions')" '0 grace1'
ok 'its access token is refused' refused_soon
ok 'its refresh token is like none' cannot_refresh invalid
forgotten=$access
start; access=$forgotten
me; ok 'after a restart as well' is "$status" 401
hallpass user show grace; ok 'and nobody has the name' is "$code" 1

call POST /api/v1/login -A "$(printf 'curl\t"\\\\x1b[31m user_created')" -H 'Content-Type: application/json' -d '{"username":"mary","password":"not a kettle of fish"}'
hallpass event list --user mary --kind authn_login_fail
ok 'events are listed, one a line' is "$code $(printf '%s\n' "$out" | wc -l)" '0 2'
ok 'whatever a visitor calls itself' has "$out" 'curl\u{9}"\\\\x1b[31m user_created'
hallpass event list --json --limit 1000; ok 'or as JSON' is "$(json 'd.events.some(e => e.event === "user_deleted" && e.by === "operator" && e.username === null)')" true
ok 'without a secret' sh -c "! grep -qF -e kettle -e turtles -e '$access' -e '$refresh' '$work/out'"
ok 'the log names them alike' has "$(grep hallpass::security "$work/log")" '"event":"authn_login_fail","outcome":"failure"'
ok 'and not what a visitor calls itself' hasnt "$(cat "$work/log")" 'x1b[31m'
(cd "$work" && exec env RUST_LOG=hallpass::security=info "$binary" user disable mary) 2> "$work/err"
ok 'a command logs what it does if it is told to' has "$(cat "$work/err")" '"event":"user_archived","outcome":"success"'
hallpass event list --kind nonsense; ok 'a kind that there is not makes no sense' is "$code" 2
hallpass user; ok 'nor does half a command' is "$code" 2
hallpass user list --data-dir nowhere; ok 'a folder without a database is not filled' has "$code $said" '1 hallpass: there is no database nowhere/hallpass.db'
ok '(it is not)' test ! -e "$work/nowhere"
hallpass user disable --help; ok 'help is about the command' hasnt "$out" --idle-ttl
(cd "$work" && "$binary" event list --limit 1000 2> "$work/err" | head -n 1 > /dev/null); ok 'whoever reads may stop reading' is "$(cat "$work/err")" ''

before=$(cd "$work/data" && ls -A)
hallpass config check; ok 'the configuration is checked while the server runs' has "$code $out" '0 database  SQLite in data/hallpass.db: reached, and up to date'
HALLPASS_SECRET=0123456789abcdef0123456789abcdef HALLPASS_IDLE_TTL=3d hallpass config check --json --access-ttl 5m
setting() { json "(s => s.value + ' ' + s.hidden + ' ' + s.from)(d.settings.find(s => s.variable === 'HALLPASS_$1'))"; }
ok 'settings are listed' is "$(setting ACCESS_TTL), $(setting IDLE_TTL), $(setting SIGNUP)" '5m false flag, 3d false environment, open false default'
ok 'and what follows from them' is "$(setting PUBLIC_URL)" 'http://localhost:3000 false default'
ok 'but not secrets' is "$(setting SECRET)" 'null true environment'
ok '(in no other way either)' hasnt "$out" 0123456789
stop
hallpass config check; ok 'and while it does not' is "$code" 0
ok 'nothing is made' is "$(cd "$work/data" && ls -A | grep -v -e -wal -e -shm)" "$(printf '%s\n' "$before" | grep -v -e -wal -e -shm)"
hallpass config check --idle-ttl soon; ok 'what makes no sense is said' has "$code $said" '2 hallpass: the configuration is not usable'
hallpass config check --database-url postgres://ada:hunter2@127.0.0.1:1/none; ok 'a database that is not reached too' has "$code $said" '1 hallpass: PostgreSQL at 127.0.0.1:1/none cannot be reached'
ok 'without its password' hasnt "$out $said" hunter2
hallpass config check --data-dir nowhere; ok 'and one that is not there yet' has "$code $out" '0 database  SQLite in nowhere/hallpass.db: not there yet'
ok '(nor is it made)' test ! -e "$work/nowhere"
start

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
PATH=$PATH:/usr/sbin:$PWD/target/nginx/usr/sbin
if command -v nginx > /dev/null && command -v openssl > /dev/null; then
  mkdir "$work/nginx"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -keyout "$work/nginx/key.pem" -out "$work/nginx/cert.pem" 2> /dev/null
  sed -e "s#/etc/ssl/hallpass/#$work/nginx/#" deploy/nginx.conf > "$work/nginx/site.conf"
  {
    printf 'events {}\npid %s/pid;\nerror_log stderr;\nhttp {\n  access_log off;\n  include %s/site.conf;\n' "$work/nginx" "$work/nginx"
    # Its own folders are there only where it was installed, and not where it was unpacked.
    for kind in client_body proxy fastcgi uwsgi scgi; do printf '  %s_temp_path %s/%s;\n' "$kind" "$work/nginx" "$kind"; done
    echo '}'
  } > "$work/nginx/nginx.conf"
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
mv "$work/data/secret" "$work/aside"
cannot_start 'a database whose secret is gone' 'there is a database, and no secret in'
hallpass user list; ok 'nor does a command make another one' is "$code $(ls "$work/data/secret" 2>/dev/null)" '1 '
printf 'another secret, which has 32 bytes' > "$work/data/secret"; chmod 600 "$work/data/secret"
cannot_start 'a database made with another secret' 'sealed under another secret'
mv "$work/aside" "$work/data/secret"
chmod 400 "$work/data/hallpass.db"; cannot_start 'a read-only database' 'is read-only'; chmod 600 "$work/data/hallpass.db"
printf 'this is no database, although it is long enough to be taken for one at first sight.......' > "$work/data/hallpass.db"
cannot_start 'a damaged database' 'is damaged or is no SQLite database'

verdict
