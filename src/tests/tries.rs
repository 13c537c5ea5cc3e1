//! Tries as the database counts them.

use futures::future::join_all;

use super::harness::{App, DAY};
use crate::store::{At, Counted, EventKind, InARow, NewEvent, NewTry, Receipt, UnixMillis, Who};

const WEEK: UnixMillis = 7 * DAY;

fn try_at(key: u8, now: UnixMillis, keeps_its_end: bool) -> NewTry {
    NewTry { key: [key; 32], now, forgotten_at: now + WEEK, keeps_its_end }
}

async fn counted(app: &App, new: NewTry) -> Counted {
    app.store.count_tries(&[new], None, |_, _| Ok::<_, ()>(())).await.unwrap().unwrap().0[0]
}

#[tokio::test]
async fn a_count_goes_on_until_it_is_forgotten() {
    let app = App::start().await;
    for (key, keeps_its_end, times) in [
        (1, false, &[(0, 1), (10, 2), (WEEK + 9, 3), (2 * WEEK + 8, 4), (3 * WEEK + 8, 1)][..]),
        (2, true, &[(0, 1), (10, 2), (WEEK - 1, 3), (WEEK, 1), (2 * WEEK - 1, 2), (2 * WEEK, 1)]),
        // By a clock that is set back.
        (3, false, &[(5 * WEEK, 1), (5 * WEEK - 10, 2), (4 * WEEK - 10, 3), (2 * WEEK - 20, 1)]),
    ] {
        let mut before = None;
        for &(at, tries) in times {
            let counted = counted(&app, try_at(key, at, keeps_its_end)).await;
            assert_eq!(counted.tries, tries, "{at}");
            assert_eq!(counted.previous_at, before.filter(|_| tries > 1).unwrap_or(at), "{at}");
            before = Some(at);
        }
    }
}

#[tokio::test]
async fn of_those_that_are_counted_in_one_statement_each_has_its_own_end() {
    let app = App::start().await;
    let tries_at = async |now| {
        let day = |key, keeps_its_end| NewTry { forgotten_at: now + DAY, ..try_at(key, now, keeps_its_end) };
        let tries = [try_at(1, now, false), day(2, false), day(3, true)];
        let (all, _) = app.store.count_tries(&tries, None, |_, _| Ok::<_, ()>(())).await.unwrap().unwrap();
        all.into_iter().map(|counted| counted.tries).collect::<Vec<_>>()
    };
    assert_eq!(tries_at(0).await, [1, 1, 1]);
    assert_eq!(tries_at(DAY - 1).await, [2, 2, 2]);
    assert_eq!(tries_at(DAY).await, [3, 3, 1]);
    assert_eq!(tries_at(2 * DAY).await, [4, 1, 1]);
    assert_eq!(tries_at(8 * DAY).await, [5, 1, 1]);
    assert_eq!(tries_at(5 * DAY).await, [6, 1, 1], "by a clock that is set back, by more than twice a day");
}

#[tokio::test]
async fn a_try_that_is_refused_is_counted_nowhere() {
    let app = App::start().await;
    let both = [try_at(1, 0, false), try_at(2, 0, false)];
    let refused = app.store.count_tries(&both, None, |counted, _| Err(counted.len())).await.unwrap();
    assert_eq!(refused, Err(2));
    assert_eq!(counted(&app, both[0]).await.tries, 1);
    assert_eq!(counted(&app, both[1]).await.tries, 1);
}

#[tokio::test]
async fn a_try_that_is_refused_keeps_no_other_process_from_writing() {
    let app = App::start().await;
    let other = app.another().await;
    let refused = app.store.count_tries(&[try_at(1, 0, false)], None, |_, _| Err(())).await.unwrap();
    assert_eq!(refused, Err(()));
    let counting = tokio::time::timeout(std::time::Duration::from_secs(2), counted(&other, try_at(1, 0, false)));
    assert_eq!(counting.await.unwrap().tries, 1);
}

#[tokio::test]
async fn what_is_taken_back_or_cleared_takes_nothing_from_others() {
    let app = App::start().await;
    let [own, shared, apart] = [1, 2, 3].map(|key| try_at(key, 100, false));
    for at in [1, 2, 3] {
        counted(&app, try_at(2, at, false)).await;
        counted(&app, try_at(3, at, false)).await;
    }
    let mut receipts = Vec::new();
    for _ in 0..2 {
        let tries = [own, shared, apart];
        let (all, _) = app.store.count_tries(&tries, None, |_, _| Ok::<_, ()>(())).await.unwrap().unwrap();
        receipts.push(Receipt { own: Some([all[0], all[1]]), apart: vec![all[2]], in_a_row: None });
    }
    app.store.take_back_try(&receipts[0]).await.unwrap();
    app.store.clear_tries(&receipts[1]).await.unwrap();
    // These have nothing left to clear or take back of their own.
    app.store.clear_tries(&Receipt { apart: Vec::new(), ..receipts[0].clone() }).await.unwrap();
    app.store.take_back_try(&Receipt { apart: Vec::new(), ..receipts[0].clone() }).await.unwrap();
    assert_eq!(counted(&app, own).await.tries, 1);
    assert_eq!(counted(&app, shared).await.tries, 4, "the three of others, and this one");
    assert_eq!(counted(&app, apart).await.tries, 4);
}

/// A try at an account, and what was counted of it there.
async fn failure(app: &App, at: At) -> Receipt {
    let (_, in_a_row) = app.store.count_tries(&[], Some(at), |_, _| Ok::<_, ()>(())).await.unwrap().unwrap();
    Receipt { in_a_row, ..Receipt::default() }
}

#[tokio::test]
async fn failures_in_a_row_are_counted_apart_for_strangers_and_for_those_who_are_known() {
    let app = App::start().await;
    app.signed_up("ada").await;
    let user_id = app.user("ada").await;
    let tries = async |who| {
        let counted = failure(&app, At { user_id: Some(user_id), who }).await;
        counted.in_a_row.map(|InARow { tries, .. }| tries)
    };
    for (stranger, known) in [(1, 1), (2, 2)] {
        assert_eq!(tries(Who::Stranger).await, Some(stranger));
        assert_eq!(tries(Who::Known).await, Some(known));
    }
    let at = At { user_id: Some(user_id), who: Who::Stranger };
    let [third, fourth, fifth] = [failure(&app, at).await, failure(&app, at).await, failure(&app, at).await];
    for first_come in [&third, &fourth] {
        app.store.take_back_try(first_come).await.unwrap();
    }
    assert_eq!(tries(Who::Stranger).await, Some(4), "two were taken back, and not the last of them");
    app.store.clear_tries(&fifth).await.unwrap();
    assert_eq!((tries(Who::Stranger).await, tries(Who::Known).await), (Some(1), Some(1)), "a right one ends both");
    for _ in 2..=9 {
        tries(Who::Stranger).await;
    }
    app.store.take_back_try(&third).await.unwrap();
    assert_eq!(tries(Who::Stranger).await, Some(10), "what was counted before that takes nothing from what came after");
    let refused = |_: &[Counted], in_a_row: Option<InARow>| in_a_row.map_or(Ok(()), Err);
    let refused = app.store.count_tries(&[], Some(at), refused).await.unwrap();
    assert_eq!(refused.map_err(|counted| counted.tries), Err(11));
    assert_eq!(tries(Who::Stranger).await, Some(11), "what is refused by this number is not counted");
    let nobody = At { user_id: None, who: Who::Stranger };
    assert_eq!(failure(&app, nobody).await.in_a_row, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_that_are_counted_at_once_are_each_judged_by_a_count_of_their_own() {
    let app = App::start().await;
    let other = app.another().await;
    let tries = [try_at(1, 0, false), try_at(2, 0, false), try_at(3, 0, true)];
    let counting = (0..40).map(|number| {
        let store = if number % 2 == 0 { &app.store } else { &other.store };
        store.count_tries(&tries, None, |counted, _| if counted[1].tries <= 25 { Ok(()) } else { Err(()) })
    });
    let passed = join_all(counting).await.into_iter().filter_map(|done| done.unwrap().ok());
    let mut numbers: Vec<_> =
        passed.map(|(counted, _)| counted.iter().map(|one| one.tries).collect::<Vec<_>>()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=25).map(|number| vec![number; 3]).collect::<Vec<_>>());
}

#[tokio::test]
async fn forgotten_counts_are_deleted_and_of_too_many_those_of_few_tries() {
    let app = App::start().await;
    for key in 1..=20 {
        for _ in 0..key {
            counted(&app, try_at(key, i64::from(key), false)).await;
        }
    }
    assert!(!app.store.purge_tries(30, 1000, 50).await.unwrap());
    assert!(app.store.purge_tries(30, 10, 5).await.unwrap(), "five of the ten that are too many");
    assert!(app.store.purge_tries(30, 10, 5).await.unwrap());
    assert!(!app.store.purge_tries(30, 10, 5).await.unwrap());
    for (key, tries) in [(10, 1), (11, 12), (20, 21)] {
        assert_eq!(counted(&app, try_at(key, 40, false)).await.tries, tries, "{key}");
    }
    assert!(!app.store.purge_tries(41 + WEEK, 1000, 50).await.unwrap());
    let (id, kind) = (uuid::Uuid::nil(), EventKind::Unlocked);
    let forgotten =
        NewEvent { id, at: 40, kind, user_id: None, session_id: None, address: "", user_agent: "", detail: "" };
    assert!(!app.store.forget_tries(&[[20; 32]], uuid::Uuid::nil(), &forgotten).await.unwrap(), "they are gone");
}
