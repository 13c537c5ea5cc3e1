//! The statement that takes a step, and the rule that says when one is taken: the same, at every edge.

use futures::future::join_all;
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use super::{
    database::TestDatabase,
    harness::{App, MINUTE},
};
use crate::{
    auth::{
        refresh::line,
        rotation::{Decision, Presented, decide, idle_end},
    },
    ended::EndReason,
    store::{Hash, Place, Rotation, SessionRow, Store, UnixMillis},
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

fn step(id: Uuid, token: Token, to_hash: Hash) -> Rotation {
    Rotation {
        session_id: id,
        generation: token.generation,
        from_hash: token.hash,
        instance_hash: token.from,
        delivered_by: NOW - SETTLE,
        to_hash,
        sealed: [5; 32],
        now: NOW,
        idle_expires_at: NOW + IDLE_TTL,
        user_agent: "another browser".to_owned(),
        address: "192.0.2.9".to_owned(),
    }
}

/// What the rule makes of it, and of the row what a step leaves behind.
fn ruled(row: &SessionRow, token: Token, to_hash: Hash) -> Option<SessionRow> {
    let same_instance = token.from.is_some() && token.from == row.instance_hash;
    let presented = Presented { generation: token.generation, hash: token.hash, in_step: false, same_instance };
    (decide(&line(row), &presented, NOW, SETTLE) == Decision::Rotate).then(|| SessionRow {
        generation: row.generation + 1,
        current_hash: to_hash,
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
            let answer = app.store.rotate(step(id, token, NEXT)).await.unwrap();
            let after = app.store.session(id).await.unwrap().unwrap();
            if let Some(ruled) = ruled(&before, token, NEXT) {
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

/// Each by its own row and its own values, and of two of one session the one that may.
#[tokio::test]
async fn steps_that_are_taken_in_one_statement_are_each_what_they_would_be_alone() {
    let app = App::start().await;
    let open = Standing {
        delivered_at: NOW - SETTLE,
        idle_expires_at: NOW + 5,
        absolute_expires_at: NOW + 2 * IDLE_TTL,
        ended: false,
        began_in: Some(HERE),
        elsewhere: false,
        acknowledged: true,
    };
    let token = Token { generation: 7, hash: CURRENT, from: Some(HERE) };
    let away = Token { from: None, ..token };
    let cases: [(Standing, &[Token]); 6] = [
        (open, &[token]),
        (Standing { delivered_at: NOW, ..open }, &[token]),
        (Standing { elsewhere: true, ..open }, &[token, away]),
        (Standing { began_in: None, ..open }, &[away]),
        (open, &[Token { hash: STRANGER, ..token }, away]),
        (Standing { ended: true, ..open }, &[token]),
    ];
    let (mut before, mut asked) = (Vec::new(), Vec::new());
    for (number, (standing, tokens)) in cases.into_iter().enumerate() {
        let name = format!("person{number}");
        app.signed_up(&name).await;
        let row = put(&app.store, app.only_session(&name).await, standing).await;
        for token in tokens {
            let place = u8::try_from(asked.len()).unwrap();
            let step = Rotation {
                user_agent: format!("browser {place}"),
                address: format!("192.0.2.{place}"),
                sealed: [place + 100; 32],
                ..step(row.id, *token, [place + 50; 32])
            };
            asked.push((number, *token, step));
        }
        before.push(row);
    }
    let answers = join_all(asked.iter().map(|(.., step)| app.store.rotate(step.clone()))).await;
    let mut steps = Vec::new();
    for ((number, token, step), answer) in asked.iter().zip(answers) {
        let ruled = ruled(&before[*number], *token, step.to_hash);
        assert_eq!(answer.unwrap(), ruled.as_ref().map(SessionRow::begun), "{number} {token:?}");
        let Some(ruled) = ruled else { continue };
        let is = app.store.session(step.session_id).await.unwrap().unwrap();
        let ruled = SessionRow { sealed_current: Some(step.sealed), seen_user_agent: step.user_agent.clone(), ..ruled };
        assert_eq!(format!("{is:?}"), format!("{ruled:?}"), "{number}");
        let seen = app.store.live_sessions(is.user_id, NOW, Place::START, 9).await.unwrap().rows;
        let seen: Vec<_> = seen.iter().map(|seen| (seen.last_seen_at, &*seen.user_agent, &*seen.address)).collect();
        assert_eq!(seen, [(NOW, &*step.user_agent, &*step.address)], "{number}");
        steps.push(*number);
    }
    assert_eq!(steps, [0, 2, 3, 4]);
}

#[tokio::test]
async fn whoever_is_known_to_be_refused_or_not_due_waits_for_nobody_who_writes() {
    let app = App::on(TestDatabase::file()).await;
    let staying = app.signed_up("ada").await;
    let mut leaving = app.signed_up("bob").await;
    let mut expired = app.signed_up("eve").await;
    let left = leaving.clone();
    leaving.log_out().await;
    // An instance that has delivered to none of them.
    let other = app.another().await;
    let [mut minting, mut left] = [&staying, &left].map(|browser| browser.at(&other));
    assert_eq!(minting.refresh().await.status, 200);
    assert_eq!(left.refresh().await.code(), "signed_out");

    let mut writer = SqliteConnection::connect(app.database.path().to_str().unwrap()).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
    assert_eq!(minting.refresh().await.status, 200);
    assert_eq!(left.refresh().await.code(), "signed_out");
    sqlx::query("ROLLBACK").execute(&mut writer).await.unwrap();

    app.clock.advance(100 * 24 * 60 * MINUTE);
    assert_eq!(expired.refresh().await.code(), "expired");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
    assert_eq!(expired.refresh().await.code(), "expired");
}
