#!/usr/bin/env bash
# Two verifiers that share no code with us: they believe our tokens through the public keys of a running server, also over a rotation, and refuse what we
# refuse. Where they do not, end2end/verifiers/differences.json says so.
set -u
cd "$(dirname "$0")/.."
. end2end/shell.sh
here=$PWD/end2end/verifiers

# A verifier counts for itself in its last line.
counted() { # command...
  local said
  said=$("$@" 2>&1)
  printf '%s\n' "$said" | sed '$d'
  case $(printf '%s\n' "$said" | tail -n 1) in
    *' passed, '*' failed')
      passed=$((passed + $(printf '%s\n' "$said" | sed -nE '$s/^([0-9]+) passed.*/\1/p')))
      failed=$((failed + $(printf '%s\n' "$said" | sed -nE '$s/.* ([0-9]+) failed$/\1/p'))) ;;
    *) failed=$((failed + 1)); printf 'FAILED  %s\n%s\n' "$*" "$said" ;;
  esac
}
python() { target/python/bin/python "$here/pyjwt.py" "$@"; }
jose() { node "$here/jose.mjs" "$@"; }

echo '# the vectors'
counted python vectors target/token-vectors.json "$here/differences.json"
counted jose vectors target/token-vectors.json "$here/differences.json"

echo '# a running server'
export HALLPASS_PUBLIC_URL=http://localhost:3000
start
printf 'a kettle of purple fish\n' | (cd "$work" && "$binary" user add ada) 2> /dev/null
log_in() {
  curl -s -H 'Content-Type: application/json' -d '{"username":"ada","password":"a kettle of purple fish"}' "$base/api/v1/login" |
    sed -nE 's/.*"access_token":"([^"]*)".*/\1/p'
}
me() { curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $1" "$base/api/v1/me"; }
kid() { printf '%s' "$1" | cut -d. -f1 | tr '_-' '/+' | base64 -d 2>/dev/null | sed -nE 's/.*"kid":"([^"]*).*/\1/p'; }
both() { # token
  counted python live http://localhost:3000 "$base/.well-known/jwks.json" "$1"
  counted jose live http://localhost:3000 "$base/.well-known/jwks.json" "$1"
}
first=$(log_in)
both "$first"

echo '# its keys, by command, while it runs'
hallpass() { (cd "$work" && exec "$binary" "$@"); }
hallpass key rotate > "$work/said" 2>&1
ok 'a new key is published' grep -q '^published ' "$work/said"
sleep 1
ok 'and in the set within a second' test "$(curl -s "$base/.well-known/jwks.json" | grep -o '"kid"' | wc -l)" = 2
ok 'and not signing yet' test "$(kid "$(log_in)")" = "$(kid "$first")"
ok 'the one that signs is listed' sh -c "cd '$work' && '$binary' key list | grep -q '^$(kid "$first")  *signing '"
hallpass key rotate > "$work/said" 2>&1
ok 'there is one next key at a time' grep -q '^the next key was published before' "$work/said"
both "$first"
hallpass key rotate --now > "$work/said" 2>&1
ok 'in an emergency a new key signs at once' grep -q '^a new key signs' "$work/said"
sleep 1
ok 'and nothing else is believed' test "$(me "$first")" = 401
second=$(log_in)
ok 'but by the new key' test "$(me "$second")" = 200
ok 'which is another' test "$(kid "$second")" != "$(kid "$first")"
both "$second"
ok 'no secret is in the log' sh -c "! grep -qF -e '$first' -e '$second' -e kettle '$work/log'"
stop

echo '# its secret, replaced'
cp "$work/data/secret" "$work/secret.old"
rm "$work/data/secret"
chmod 600 "$work/secret.old"
begin
ok 'a new secret alone does not open the keys, and the server says what to do' grep -q 'HALLPASS_SECRET_PREVIOUS' "$work/log"
stop
until=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)
start HALLPASS_SECRET_PREVIOUS_FILE="$work/secret.old" HALLPASS_SECRET_PREVIOUS_UNTIL="$until"
ok 'with the one before it starts' test "$(me "$second")" = 200
both "$second"
stop
start
ok 'and from then on without it' test "$(me "$second")" = 200
stop

verdict
