//! Proof by exhaustion.

mod action;
mod canonical;
mod explore;
mod fingerprint;
mod jar;
mod network;
mod picture;
mod recovery;
mod server;
mod state;
mod tab;
mod thief;
mod time;
mod token;
mod verdict;
mod world;
mod worlds;
