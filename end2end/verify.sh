#!/usr/bin/env bash
# The examples of other services, which verify access tokens by themselves, against the real binary.
set -u
cd "$(dirname "$0")/.."
. end2end/shell.sh
example=${EXAMPLE:-$PWD/target/release/examples/verify}
python=$PWD/target/python/bin/python
services=()
finish() {
  stop
  for service in "${services[@]}"; do kill "$service" 2>/dev/null && wait "$service" 2>/dev/null; done
  rm -rf "$work"
}
trap finish EXIT

log_in() { # leaves both tokens in $access and $refresh
  local body
  body=$(curl -s -H 'Content-Type: application/json' -d '{"username":"ada","password":"a kettle of purple fish"}' "$base/api/v1/login")
  access=$(printf '%s' "$body" | sed -nE 's/.*"access_token":"([^"]*)".*/\1/p')
  refresh=$(printf '%s' "$body" | sed -nE 's/.*"refresh_token":"([^"]*)".*/\1/p')
}

serve() { # name, environment and command...; leaves its address in a file of that name
  local name=$1; shift
  env ISSUER="$issuer" KEYS="$base/.well-known/jwks.json" "$@" > "$work/$name" 2>&1 &
  services+=($!)
  await 'listening on' "$work/$name" || exit 1
}
ask() { # name, token; leaves the status in $status, the text in $text and the challenge in $challenge
  local address
  address=$(sed -n 's/^listening on //p' "$work/$1")
  status=$(curl -s -o "$work/text" -D "$work/head" -w '%{http_code}' -H "Authorization: Bearer $2" "http://$address/hello")
  text=$(cat "$work/text")
  challenge=$(tr -d '\r' < "$work/head" | sed -nE 's/^[Ww][Ww][Ww]-[Aa]uthenticate: //p')
}
accepts() { ask "$1" "$2"; is "$status $text" "200 $who"; }
refuses() { ask "$1" "$2"; is "$status $challenge" '401 Bearer error="invalid_token"'; }

# The examples are where their users have them: beside the modules that they import.
mkdir -p target/verify
cp examples/verify/verify.mjs target/verify/
ln -sfn ../../end2end/node_modules target/verify/node_modules

# The public URL is what tokens are for and from, wherever the server listens.
issuer=https://hallpass.example
start HALLPASS_PUBLIC_URL=$issuer HALLPASS_ACCESS_TTL=1s
printf 'a kettle of purple fish\n' | (cd "$work" && "$binary" user add ada) 2> /dev/null
log_in; expired=$access
start HALLPASS_PUBLIC_URL=https://elsewhere.example
log_in; elsewhere=$access
start HALLPASS_PUBLIC_URL=$issuer
log_in
who=$(curl -s -H "Authorization: Bearer $access" "$base/api/v1/me" | sed -nE 's/.*"id":"([^"]*)".*"session_id":"([^"]*)".*/\1 in \2/p')
ok 'there is a token to verify' test -n "$who"

# The same token, not as it was signed.
forge() { # what to do with it, in JavaScript
  ACCESS=$access KEYS=$(curl -s "$base/.well-known/jwks.json") node --input-type=module -e "
    import { createHmac } from 'node:crypto';
    const [header, claims, signature] = process.env.ACCESS.split('.');
    const read = (part) => JSON.parse(Buffer.from(part, 'base64url'));
    const write = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const key = JSON.parse(process.env.KEYS).keys[0];
    process.stdout.write($1);"
}
someone_else=$(forge "[header, write({ ...read(claims), sub: '00000000-0000-7000-8000-000000000000' }), signature].join('.')")
other_signature=$(forge "[header, claims, (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)].join('.')")
unsigned=$(forge "[write({ ...read(header), alg: 'none' }), claims, ''].join('.')")
with_public_key=$(forge "(() => {
  const signed = [write({ ...read(header), alg: 'HS256' }), claims].join('.');
  return signed + '.' + createHmac('sha256', Buffer.from(key.x, 'base64url')).update(signed).digest('base64url');
})()")
other_key=$(forge "[write({ ...read(header), kid: 'made-up' }), claims, signature].join('.')")

# Tokens that Hallpass never signs: rightly signed, and of another type.
node end2end/verifiers/issuer.mjs "$issuer" "${who% in *}" "${who#* in }" at+jwt JWT refresh+jwt > "$work/another" &
services+=($!)
await ready "$work/another" || exit 1
{ read -r _ _ of_another; read -r rightly_typed; read -r wrongly_typed; read -r refresh_typed; } < "$work/another"

for language in rust node python; do
  case $language in
    rust) command=("$example") ;;
    node) command=(node target/verify/verify.mjs) ;;
    python) command=("$python" examples/verify/verify.py) ;;
  esac
  serve "$language" "${command[@]}"
  serve "$language-for-others" AUDIENCE=https://others.example "${command[@]}"
  serve "$language-of-another" KEYS="$of_another" "${command[@]}"
done
for language in rust node python; do
  echo "# $language"
  ok "$language believes an access token" accepts $language "$access"
  ok "$language does not believe one that was altered" refuses $language "$someone_else"
  ok "$language does not believe one with another signature" refuses $language "$other_signature"
  ok "$language does not believe one without a signature" refuses $language "$unsigned"
  ok "$language does not believe one that was signed with the public key" refuses $language "$with_public_key"
  ok "$language believes one of another issuer's where that is the issuer" accepts "$language-of-another" "$rightly_typed"
  ok "$language does not believe one of another type, whoever signed it" refuses "$language-of-another" "$wrongly_typed"
  ok "$language does not believe one that is a refresh token by its type" refuses "$language-of-another" "$refresh_typed"
  ok "$language does not believe one of a key that nobody has" refuses $language "$other_key"
  ok "$language does not believe one of another issuer" refuses $language "$elsewhere"
  ok "$language does not believe one for another audience" refuses $language-for-others "$access"
  ok "$language does not believe a refresh token" refuses $language "$refresh"
  ok "$language does not believe what is no token" refuses $language x.y.z
done
# 5 seconds for clocks that are apart, and one that the token lived.
sleep 3
for language in rust node python; do
  for _ in $(seq 50); do ask $language "$expired"; [ "$status" = 401 ] && break; sleep 0.1; done
  ok "$language does not believe one that has run out" refuses $language "$expired"
done
curl -s -H 'Content-Type: application/json' -d "{\"refresh_token\":\"$refresh\"}" "$base/api/v1/logout"
ok 'Hallpass refuses the token of a session that has ended' \
  is "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $access" "$base/api/v1/me")" 401
stop
for language in rust node python; do
  ok "$language goes on with the keys it has when Hallpass is gone, and does not see that a session has ended" accepts $language "$access"
done

verdict
