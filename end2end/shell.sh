# Sourced by the scripts beside it: sentences that are counted, and the real binary in a folder of its own.
# shellcheck shell=bash

binary=${BINARY:-$PWD/target/release/hallpass}
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

# Starts the server and waits until it listens; whether it does.
begin() { # environment...
  stop
  : > "$work/log"
  (cd "$work" && exec env "$@" "$binary" serve --addr 127.0.0.1:0) 2> "$work/log" &
  server=$!
  for _ in $(seq 200); do
    grep -q '"listening"' "$work/log" && break
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.05
  done
  grep -q '"listening"' "$work/log" || return 1
  base=http://$(sed -nE 's/.*"address":"([^"]*)".*/\1/p' "$work/log" | head -n 1)
}
start() { begin "$@" || { cat "$work/log"; exit 1; }; }

verdict() {
  printf '%s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
}
