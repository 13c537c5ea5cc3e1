//! A state in a few lines, for whoever reads a counterexample.

use std::fmt;

use super::{
    network::{Flight, Kind, Stage},
    server::Answer,
    state::State,
    tab::Tab,
    time::STEP,
    token::Token,
};
use crate::client::machine;

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.session, self.generation)?;
        if self.sibling == 0 { Ok(()) } else { write!(f, "-{}", self.sibling) }
    }
}

/// Seconds ago.
struct Ago(i64);

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s ago", -self.0 / 1_000)
    }
}

fn cookie(token: Option<Token>) -> String {
    token.map_or_else(|| "none".to_owned(), |token| token.to_string())
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, row) in self.rows.iter().enumerate() {
            let line = &row.line;
            write!(f, "   session {}: ", at + 1)?;
            match line.ended {
                Some(why) => write!(f, "ended, {}", why.code())?,
                None => {
                    let (rotated, delivered) = (Ago(line.rotated_at), Ago(line.delivered_at));
                    let acknowledged = if line.acknowledged { ", acknowledged" } else { "" };
                    write!(
                        f,
                        "{}.{}, rotated {rotated}, delivered {delivered}{acknowledged}",
                        at + 1,
                        line.generation
                    )?;
                }
            }
            writeln!(f)?;
        }
        write!(f, "   jar: {}", cookie(self.jar.now))?;
        for (past, age) in &self.jar.past {
            write!(f, ", {} until {}", cookie(*past), Ago(-i64::from(*age) * STEP))?;
        }
        writeln!(f, "; list: {}; remembered: {:?}; leaving: {:?}", self.list.len(), self.remembered, self.leaving)?;
        self.tabs.iter().try_for_each(|tab| tab.fmt(f))?;
        for stray in &self.strays {
            writeln!(
                f,
                "   on its way: {:?} with {}, sent {}",
                stray.kind,
                cookie(stray.cookie),
                Ago(-i64::from(stray.age) * STEP)
            )?;
        }
        if let Some(thief) = &self.thief {
            let tokens: Vec<String> = thief.tokens.iter().map(ToString::to_string).collect();
            writeln!(f, "   thief: {}; used: {}", tokens.join(" "), thief.used)?;
        }
        Ok(())
    }
}

impl fmt::Display for Tab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "   tab of {:?}: ", self.session())?;
        match self.machine.state() {
            machine::State::SignedIn(held) => write!(f, "signed in since {}", Ago(held.since.steady))?,
            machine::State::Offline { failures, .. } => write!(f, "offline, {failures} failures")?,
            machine::State::Restoring => write!(f, "restoring")?,
            machine::State::SignedOut { why } => write!(f, "signed out {why:?}")?,
        }
        let timer = self.timer.map(|wait| wait / 1_000);
        write!(f, ", timer in {timer:?} s, wants {:?}, veiled {}, hears {:?}", self.wants, self.veiled, self.inbox)?;
        writeln!(f)?;
        self.flights.iter().try_for_each(|flight| flight.fmt(f))
    }
}

impl fmt::Display for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = Ago(-i64::from(self.age) * STEP);
        let kind = match self.kind {
            Kind::Refresh { in_step: true, .. } => "refresh in step",
            Kind::Refresh { .. } => "refresh",
            Kind::Login => "login",
            Kind::Logout { .. } => "logout",
        };
        write!(f, "      {kind} with {}, sent {sent}, ", cookie(self.cookie))?;
        match self.stage {
            Stage::Sent => writeln!(f, "on its way"),
            Stage::Read(reading, tries) => writeln!(f, "{:?} decided, try {tries}", reading.verdict),
            Stage::Answered(Answer::Granted { cookie: fresh, .. }) => writeln!(f, "granted, cookie {}", cookie(fresh)),
            Stage::Answered(answer) => writeln!(f, "{answer:?}"),
        }
    }
}
