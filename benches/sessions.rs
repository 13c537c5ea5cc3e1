//! Simulates months of people with their browsers and prints, rule by rule, how often honest ones are signed out and how many thieves are noticed.
//!
//! The server's rule, the browser's machine and its testimony are the functions that run in production; the rest is in `sessions/`. Every
//! rule lives through the same months. What comes out depends on the seed and the options alone, not on how many cores there are.

#[path = "sessions/options.rs"]
mod options;
#[path = "sessions/simulation.rs"]
mod simulation;
#[path = "sessions/tally.rs"]
mod tally;

// The simulation says `crate` for the library, since the library's tests run it too.
use hallpass::{auth, client, ended, store};

use std::process::ExitCode;

use options::Options;
use simulation::{
    month::{Setting, live},
    rates::{NAMES, Rates},
    rules, thief,
};
use tally::Tally;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{}", options::HELP);
        return ExitCode::SUCCESS;
    }
    match Options::read(std::env::args().skip(1)) {
        Ok(options) if options.told.is_some() => tell(&options),
        Ok(options) => compare(&options),
        Err(problem) => {
            eprintln!("{problem}\n\n{}", options::HELP);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The table.
fn compare(options: &Options) {
    #[expect(clippy::disallowed_methods, reason = "only to say how long it took")]
    let begin = std::time::Instant::now();
    println!("{}\n", rates(&options.rates));
    let habits: Vec<&str> = thief::ALL.iter().map(|(name, _)| *name).collect();
    println!("| rule | false sign-outs a user-month | {} |", habits.join(" | "));
    println!("|---|---|{}", "---|".repeat(habits.len()));
    let ours = setting(options, options.ours);
    let honest = Tally::of(&ours, options.users);
    row("Hallpass", &honest.false_sign_outs(), &ours, options.thieves);
    row("Hallpass, storage copied too", "the same", &Setting { with_storage: true, ..ours }, options.thieves);
    for (name, rule) in rules::ALL.into_iter().filter(|(_, rule)| *rule != rules::OURS) {
        let rival = setting(options, rule);
        row(name, &Tally::of(&rival, options.rivals).false_sign_outs(), &rival, options.thieves);
    }
    println!("\nHallpass: {}.", honest.summary(options.days));
    println!(
        "Each other rule: {} user-days. Thieves of each habit under each rule: {}. Seed {}, {:.0} s.",
        i64::try_from(options.rivals).unwrap_or(i64::MAX) * options.days,
        options.thieves,
        options.seed,
        begin.elapsed().as_secs_f64()
    );
}

/// One line of the table, with a cell for the thieves of each habit.
fn row(name: &str, false_sign_outs: &str, setting: &Setting, thieves: u64) {
    let noticed =
        thief::ALL.map(|(_, habit)| Tally::of(&Setting { thief: Some(habit), ..*setting }, thieves).noticed());
    println!("| {name} | {false_sign_outs} | {} |", noticed.join(" | "));
}

/// One month, line by line.
fn tell(options: &Options) {
    let told = setting(options, options.rule.unwrap_or(options.ours));
    let setting = Setting { thief: options.thief, with_storage: options.with_storage, ..told };
    let outcome = live(&setting, options.told.unwrap_or_default(), true);
    for line in &outcome.story {
        println!("{line}");
    }
    println!(
        "{} false sign-outs, {} past a lifetime, {} refreshes, {:?}",
        outcome.false_sign_outs, outcome.expired, outcome.refreshes, outcome.theft
    );
}

fn setting(options: &Options, rule: rules::Rule) -> Setting {
    Setting { seed: options.seed, rates: options.rates, days: options.days, rule, thief: None, with_storage: false }
}

fn rates(rates: &Rates) -> String {
    let mut rates = *rates;
    let named: Vec<String> = NAMES.iter().map(|(name, field)| format!("{name} {}", field(&mut rates))).collect();
    format!("Rates: {}.", named.join(", "))
}
