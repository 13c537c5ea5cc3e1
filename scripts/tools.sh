# Sourced: where the build's tools are, once `scripts/setup` has run.
# shellcheck shell=bash

# The version of wasm-bindgen in Cargo.toml; the tool and the library must be the same.
WASM_BINDGEN_VERSION=$(sed -n 's/^wasm-bindgen = "=\(.*\)"$/\1/p' Cargo.toml)
CARGO_LEPTOS_VERSION=0.3.11
CARGO_DENY_VERSION=0.20.2
# Outside the project, so that a second clone finds them.
TOOLS_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/hallpass-tools

WASM_BINDGEN_ROOT=$TOOLS_DIR/wasm-bindgen-$WASM_BINDGEN_VERSION
CARGO_LEPTOS_ROOT=$TOOLS_DIR/cargo-leptos-$CARGO_LEPTOS_VERSION
CARGO_DENY_ROOT=$TOOLS_DIR/cargo-deny-$CARGO_DENY_VERSION
# A wasm-bindgen of another version elsewhere must not be taken; a cargo-leptos of one's own may.
export PATH="$WASM_BINDGEN_ROOT/bin:$CARGO_DENY_ROOT/bin:$PWD/end2end/node_modules/.bin:$HOME/.cargo/bin:$PATH:$CARGO_LEPTOS_ROOT/bin"
