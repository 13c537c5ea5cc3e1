//! The statement that takes a step, and the rule that says when one is taken: the same, at every edge.

use uuid::Uuid;

use super::harness::App;
use crate::{
    auth::{
        refresh::line,
        rotation::{Decision, Presented, decide, idle_end},
    },
    ended::EndReason,
    store::{Hash, Rotation, SessionRow, Store, UnixMillis},
};

const NOW: UnixMillis = 10_000_000;
const SETTLE: UnixMillis = 120_000;
const IDLE_TTL: UnixMillis = 600_000;

const CURRENT: Hash = [7; 32];
const STRANGER: Hash = [9; 32];
const NEXT: Hash = [8; 32];
const HERE: Hash = [1; 32];
const THERE: Hash = [2; 32];

/// Of a session that is there: how it stands.
#[derive(Clone, Copy, Debug)]
struct Standing {
    delivered_at: UnixMillis,
    idle_expires_at: UnixMillis,
    absolute_expires_at: UnixMillis,
    ended: bool,
    began_in: Option<Hash>,
    elsewhere: bool,
    acknowledged: bool,
}

/// What is presented.
#[derive(Clone, Copy, Debug)]
struct Token {
    generation: u32,
    hash: Hash,
    from: Option<Hash>,
}

fn standings() -> Vec<Standing> {
    let mut all = Vec::new();
    for delivered_at in [NOW - SETTLE - 1, NOW - SETTLE, NOW - SETTLE + 1, NOW + 1] {
        for (idle_expires_at, absolute_expires_at) in [
            (NOW, NOW + 1),
            (NOW + 1, NOW),
            (NOW + 1, NOW + 1),
            (NOW + 5, NOW + IDLE_TTL - 1),
            (NOW + 5, NOW + IDLE_TTL + 1),
        ] {
            for ended in [false, true] {
                for began_in in [None, Some(HERE)] {
                    for (elsewhere, acknowledged) in [(false, false), (true, false), (false, true), (true, true)] {
                        all.push(Standing {
                            delivered_at,
                            idle_expires_at,
                            absolute_expires_at,
                            ended,
                            began_in,
                            elsewhere,
                            acknowledged,
                        });
                    }
                }
            }
        }
    }
    all
}

fn tokens() -> Vec<Token> {
    let mut all = Vec::new();
    for generation in 6..=8 {
        for hash in [CURRENT, STRANGER] {
            for from in [None, Some(HERE), Some(THERE)] {
                all.push(Token { generation, hash, from });
            }
        }
    }
    all
}

async fn put(store: &Store, id: Uuid, standing: Standing) -> SessionRow {
    let row = store.session(id).await.unwrap().unwrap();
    let row = SessionRow {
        generation: 7,
        current_hash: CURRENT,
        parent_hash: None,
        sealed_current: None,
        rotated_at: standing.delivered_at,
        delivered_at: standing.delivered_at,
        replays: 3,
        acknowledged: standing.acknowledged,
        idle_expires_at: standing.idle_expires_at,
        absolute_expires_at: standing.absolute_expires_at,
        instance_hash: standing.began_in,
        elsewhere: standing.elsewhere,
        ended: standing.ended.then_some(EndReason::Revoked),
        ..row
    };
    assert_eq!(store.overwrite(&row).await.unwrap(), 1);
    store.session(id).await.unwrap().unwrap()
}

fn step(id: Uuid, token: Token) -> Rotation {
    Rotation {
        session_id: id,
        generation: token.generation,
        from_hash: token.hash,
        instance_hash: token.from,
        delivered_by: NOW - SETTLE,
        to_hash: NEXT,
        sealed: [5; 32],
        now: NOW,
        idle_expires_at: NOW + IDLE_TTL,
        user_agent: "another browser".to_owned(),
        address: "192.0.2.9".to_owned(),
    }
}

/// What the rule makes of it, and of the row what a step leaves behind.
fn ruled(row: &SessionRow, token: Token) -> Option<SessionRow> {
    let same_instance = token.from.is_some() && token.from == row.instance_hash;
    let presented = Presented { generation: token.generation, hash: token.hash, in_step: false, same_instance };
    (decide(&line(row), &presented, NOW, SETTLE) == Decision::Rotate).then(|| SessionRow {
        generation: row.generation + 1,
        current_hash: NEXT,
        parent_hash: Some(row.current_hash),
        sealed_current: Some([5; 32]),
        rotated_at: NOW,
        delivered_at: NOW,
        replays: 0,
        acknowledged: false,
        idle_expires_at: idle_end(NOW, IDLE_TTL, row.absolute_expires_at),
        elsewhere: row.instance_hash.is_some() && !same_instance,
        seen_user_agent: "another browser".to_owned(),
        ..row.clone()
    })
}

#[tokio::test]
async fn a_step_is_taken_of_an_unread_session_where_the_rule_would_take_it_and_nowhere_else() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let id = app.only_session("ada").await;
    let (mut taken, mut left) = (0, 0);
    for standing in standings() {
        let mut before = put(&app.store, id, standing).await;
        for token in tokens() {
            let answer = app.store.rotate(step(id, token)).await.unwrap();
            let after = app.store.session(id).await.unwrap().unwrap();
            if let Some(ruled) = ruled(&before, token) {
                assert_eq!(answer, Some(before.begun()), "{standing:?} {token:?}");
                assert_eq!(format!("{after:?}"), format!("{ruled:?}"), "{standing:?} {token:?}");
                before = put(&app.store, id, standing).await;
                taken += 1;
            } else {
                assert_eq!(answer, None, "{standing:?} {token:?}");
                assert_eq!(format!("{after:?}"), format!("{before:?}"), "{standing:?} {token:?}");
                left += 1;
            }
        }
    }
    assert!(taken > 100 && left > 1_000, "{taken} taken, {left} left");
}
