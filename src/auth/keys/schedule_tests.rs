use super::*;

const MINUTE: UnixMillis = 60_000;
const HOUR: UnixMillis = 60 * MINUTE;
const DAY: UnixMillis = 24 * HOUR;

/// Every key of a time that was lived through in steps, by whoever looks once a step and does what is due.
fn lived(rule: Rule, step: UnixMillis, until: UnixMillis, commands: &[UnixMillis]) -> Vec<Times> {
    let mut keys = vec![Times { created_at: 0, signs_from: 0 }];
    let make = |keys: &mut Vec<Times>, key: NewKey, now| {
        if keys.iter().all(|times| times.signs_from <= key.unless_after) {
            keys.push(Times { created_at: now, signs_from: key.signs_from });
        }
    };
    for now in (0..=until).step_by(usize::try_from(step).unwrap()) {
        if commands.iter().any(|command| (now - step + 1..=now).contains(command)) {
            make(&mut keys, NewKey::soon(now), now);
        }
        if let Some(key) = due(keys.iter().copied(), now, rule) {
            make(&mut keys, key, now);
        }
    }
    keys
}

/// As somebody knew them at a time.
fn known(keys: &[Times], at: UnixMillis) -> Vec<Times> {
    keys.iter().copied().filter(|key| key.created_at <= at).collect()
}

/// What is known at a time, without what is over and forgotten.
fn kept_at(keys: &[Times], at: UnixMillis, rule: Rule) -> Vec<Times> {
    let known = known(keys, at);
    known.iter().copied().filter(|key| at < believed_until(known.iter().copied(), *key, rule)).collect()
}

/// Schedules, lives of tokens, how often somebody looks, and commands at awkward times.
fn grid() -> impl Iterator<Item = (Rule, UnixMillis, Vec<UnixMillis>)> {
    let everies = [Some(SHORTEST), Some(5 * HOUR), Some(DAY), Some(30 * DAY), None];
    let lives = [1_000, 15 * MINUTE, DAY];
    let commands = [
        vec![],
        vec![MINUTE],
        vec![25 * MINUTE, 26 * MINUTE, HOUR, HOUR + MINUTE],
        vec![29 * DAY, 29 * DAY + 11 * MINUTE],
    ];
    everies.into_iter().flat_map(move |every| {
        let commands = commands.clone();
        lives.into_iter().flat_map(move |token_life| {
            commands.clone().into_iter().map(move |commands| {
                let step = every.unwrap_or(DAY).min(30 * DAY) / 60;
                (Rule { every, token_life }, step.clamp(MINUTE, 20 * MINUTE), commands)
            })
        })
    })
}

/// How much of a time is looked at for a rule.
fn span(rule: Rule) -> UnixMillis {
    rule.every.map_or(40 * DAY, |every| (every * 4).clamp(36 * HOUR, 70 * DAY))
}

#[test]
fn nobody_signs_with_a_key_that_others_may_not_know_and_what_was_signed_is_believed_while_it_lives() {
    let mut looked = 0_u64;
    for (rule, step, commands) in grid() {
        let until = span(rule);
        let keys = lived(rule, step, until, &commands);
        for now in (0..=until).step_by(usize::try_from(step).unwrap()) {
            // Whoever signs may have read the keys as long ago as the lead, and whoever verifies too.
            for signers_view in [now, now - step, now - LEAD + 1] {
                let view = known(&keys, signers_view.max(0));
                let signs = view[signer(view.iter().copied(), now).unwrap()];
                for age in [0, rule.token_life / 2, rule.token_life] {
                    for late in [0, LEAD - 1] {
                        let then = now + age;
                        let verifiers = kept_at(&keys, (then - late).max(0), rule);
                        assert!(
                            verifiers.contains(&signs),
                            "{rule:?} {commands:?}: signed at {now} with {signs:?}, unknown at {then} to {verifiers:?}"
                        );
                        looked += 1;
                    }
                }
            }
        }
    }
    assert!(looked > 100_000, "{looked}");
}

#[test]
fn a_key_is_public_long_enough_before_it_signs_and_for_no_longer_than_a_day_or_half_its_life() {
    for (rule, step, commands) in grid() {
        let keys = lived(rule, step, span(rule), &commands);
        for pair in keys.windows(2) {
            let ahead = pair[1].signs_from - pair[1].created_at;
            assert!((LEAD..=DAY).contains(&ahead), "{rule:?} {pair:?}");
            assert!(pair[0].signs_from <= pair[1].created_at, "one is on its way at a time: {rule:?} {pair:?}");
        }
    }
}

#[test]
fn keys_follow_one_another_as_often_as_the_operator_asked_and_never_without_being_asked() {
    for (rule, step, commands) in grid() {
        let keys = lived(rule, step, span(rule), &commands);
        match rule.every {
            None => assert!(keys.len() <= commands.len() + 1, "{rule:?} {commands:?}: {keys:?}"),
            Some(every) => {
                let last = keys.last().unwrap().signs_from;
                assert!(last + every > span(rule) - step, "it does not stop: {rule:?} {commands:?} {keys:?}");
                for pair in keys.windows(2) {
                    assert!(pair[1].signs_from - pair[0].signs_from <= every + step, "{rule:?}: {pair:?}");
                }
            }
        }
    }
}

#[test]
fn few_keys_are_believed_at_a_time_and_each_is_forgotten_in_the_end() {
    for (rule, step, commands) in grid() {
        let until = span(rule);
        let keys = lived(rule, step, until, &commands);
        let at_most = 3 + kept(rule) / rule.every.unwrap_or(DAY).min(LEAD * 2);
        for now in (0..=until).step_by(usize::try_from(step).unwrap()) {
            let count = UnixMillis::try_from(kept_at(&keys, now, rule).len()).unwrap();
            assert!(count >= 1 && count <= at_most, "{rule:?}: {count} at {now}");
        }
        let view: Vec<_> = keys.clone();
        for (key, next) in keys.iter().zip(keys.iter().skip(1)) {
            assert_eq!(believed_until(view.iter().copied(), *key, rule), next.signs_from + rule.token_life + GRACE);
        }
    }
}

#[test]
fn of_many_who_find_that_it_is_time_the_first_makes_the_key_and_the_others_see_that_it_is_there() {
    for every in [SHORTEST, DAY, 30 * DAY] {
        let rule = Rule { every: Some(every), token_life: 15 * MINUTE };
        let first = Times { created_at: 0, signs_from: 0 };
        for now in (0..every + HOUR).step_by(60_000) {
            let Some(made) = due([first].into_iter(), now, rule) else { continue };
            // Another looks a little later, still without having heard of it.
            for later in [0, 1, 250, 5_000, LEAD - 1] {
                let again = due([first].into_iter(), now + later, rule).unwrap();
                assert!(made.signs_from > again.unless_after, "{every} {now} {later}");
            }
        }
    }
}

#[test]
fn whatever_the_clock_says_one_key_signs() {
    let keys = [10 * DAY, 20 * DAY, 30 * DAY].map(|at| Times { created_at: at - DAY, signs_from: at });
    for (now, expected) in [
        (-DAY, 0),
        (0, 0),
        (10 * DAY - 1, 0),
        (10 * DAY, 0),
        (20 * DAY - 1, 0),
        (20 * DAY, 1),
        (30 * DAY, 2),
        (UnixMillis::MAX, 2),
    ] {
        assert_eq!(signer(keys.into_iter(), now), Some(expected), "{now}");
        assert_eq!(signer(keys.into_iter().rev(), now), Some(2 - expected), "in whatever order they come: {now}");
    }
    assert_eq!(signer([].into_iter(), 0), None);
    // A clock that was set back asks for none, and one that went far ahead for one.
    let rule = Rule { every: Some(30 * DAY), token_life: 15 * MINUTE };
    assert_eq!(due(keys.into_iter(), 0, rule), None);
    assert!(due(keys.into_iter(), 4_000 * DAY, rule).is_some());
}

#[test]
fn others_keep_the_public_keys_for_less_than_a_key_is_public_before_it_signs() {
    assert!(LEAD >= UnixMillis::from(KEPT_BY_OTHERS) * 1_000 + MINUTE);
    const { assert!(SHORTEST / 2 >= LEAD) };
}
