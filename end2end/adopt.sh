#!/usr/bin/env bash
# docs/adopt.md as somebody new would follow it: a copy of the project in an empty folder, each step of the document out of the document, both halves
# built, and a browser in front of what came of it.
set -u
cd "$(dirname "$0")/.."
. scripts/tools.sh
. end2end/shell.sh
copy=$PWD/target/adopt
# What cargo has made of the dependencies already. Only the package itself is another one, since it is elsewhere; always in the same place, so that it is replaced and not added each time.
made=${CARGO_TARGET_DIR:-$PWD/target}

# An app that has a name of its own has come of the document already.
if ! grep -q '^pub const NAME: &str = "Hallpass";$' src/own.rs; then
  ok 'this app has a name of its own' true
  verdict
  exit
fi

rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf - | tar -xf - -C "$copy"
ln -s "$PWD/end2end/node_modules" "$copy/end2end/node_modules"
ok 'every step of the document can be taken' node end2end/adopt/apply.mjs docs/adopt.md "$copy"

half() { # which, where cargo keeps what it makes of it
  (cd "$copy" && CARGO_TARGET_DIR="$copy/target" CARGO_BUILD_BUILD_DIR="$2" cargo leptos build --release --precompress "--$1-only" --cargo-locked)
}
ok "the browser's half builds" half frontend "$made/front"
ok "the server's half builds" half server "$made"
ok 'what a browser downloads is within what src/own.rs says' "$copy/scripts/budget"
ok 'it is as cargo fmt leaves it' cargo fmt --check --manifest-path "$copy/Cargo.toml"

# The operator's side of a field, beside a running server.
binary=$copy/target/release/hallpass
start
hallpass() { (cd "$work" && printf 'a kettle of purple fish\n' | "$binary" user "$@" 2>&1); }
hallpass add ada > /dev/null
ok 'a command fills a field in' is "$(hallpass set-field ada team red)" 'team of ada is red'
ok 'and shows it' has "$(hallpass show ada)" 'team              red'
ok 'and says it to programs' has "$(hallpass show ada --json)" '"team": "red"'
ok 'it keeps to what was declared' has "$(hallpass set-field ada team "$(seq -s . 40)")" 'Team can have at most 40 characters.'
ok 'of what was not declared there is nothing to fill in' is "$(hallpass set-field ada role judge)" 'hallpass: accounts have no role'
stop

# The document's own test, and those of what it promises.
cp end2end/adopt/adopted.spec.ts "$copy/end2end/tests/"
look() { (cd "$copy/end2end" && node_modules/.bin/playwright test team.spec adopted.spec sign-in.spec) 2>&1 | tee "$work/looked"; }
look
looked() { sed -nE "s/^ +([0-9]+) ($1).*/\1/p" "$work/looked" | awk '{ sum += $1 } END { print sum + 0 }'; }
passed=$((passed + $(looked passed)))
failed=$((failed + $(looked 'failed|flaky|interrupted|skipped|did not run')))
ok 'a browser looked at all of it' test "$(looked passed)" -ge 20
verdict
