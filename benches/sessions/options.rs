//! What is asked for on the command line.

use super::simulation::{
    SECOND,
    rates::{CALM, HARSH, NAMES, Rates, USUAL},
    rules::{self, Rule},
    thief::{self, Habit},
};

pub const HELP: &str = "\
Options, each with a value:
  --rates calm|usual|harsh   how often things go wrong; harsh unless said otherwise
  --lost-answers 0.1 ..      any single rate by the name that the first line of the output gives it, after --rates
  --seed 1                   another seed, other months
  --days 30                  how long a month is
  --users 33334              months of Hallpass
  --rivals 500               months of each other rule
  --thieves 1000             thieves of each habit under each rule
  --settle 120               SETTLE of Hallpass, in seconds
  --tell 7                   the story of one user instead of the table;
    --rule, --thief          under this rule, with such a thief, by their names in the table,
    --copied cookie|storage  who copied this, or that as well";

#[derive(Debug)]
pub struct Options {
    pub rates: Rates,
    pub seed: u64,
    pub days: i64,
    pub users: u64,
    pub rivals: u64,
    pub thieves: u64,
    pub ours: Rule,
    pub told: Option<u64>,
    /// None: ours.
    pub rule: Option<Rule>,
    pub thief: Option<Habit>,
    pub with_storage: bool,
}

impl Options {
    pub fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            rates: HARSH,
            seed: 1,
            days: 30,
            users: 33_334,
            rivals: 500,
            thieves: 1_000,
            ours: rules::OURS,
            told: None,
            rule: None,
            thief: None,
            with_storage: false,
        };
        // Cargo says `--bench` to every benchmark.
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(option) = arguments.next() {
            let name = option.strip_prefix("--").ok_or_else(|| format!("not an option: {option}"))?;
            let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
            options.set(name, &value)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "rates" => self.rates = named(value, &[("calm", CALM), ("usual", USUAL), ("harsh", HARSH)])?,
            "seed" => self.seed = number(value)?,
            "days" => self.days = number(value)?,
            "users" => self.users = number(value)?,
            "rivals" => self.rivals = number(value)?,
            "thieves" => self.thieves = number(value)?,
            "settle" => self.ours = Rule::Ours { settle: number::<i64>(value)? * SECOND },
            "tell" => self.told = Some(number(value)?),
            "rule" => self.rule = Some(named(value, &rules::ALL)?).filter(|rule| *rule != rules::OURS),
            "copied" => self.with_storage = named(value, &[("cookie", false), ("storage", true)])?,
            "thief" => self.thief = Some(named(value, &thief::ALL)?),
            rate => *named(rate, &NAMES)?(&mut self.rates) = number(value)?,
        }
        Ok(())
    }
}

fn named<T: Copy>(name: &str, all: &[(&str, T)]) -> Result<T, String> {
    let known = || all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = all.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value).ok_or_else(|| format!("{name:?} is none of: {}", known()))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no such number"))
}
