//! Load on a server: closed loop to see how much it does, open loop to see how long one waits.
//!
//! In the closed loop every connection asks again as soon as it is answered. In the open loop requests are due at fixed times, whether or not the
//! earlier ones are answered, and a request that finds every connection taken waits for one: its time counts from when it was due
//! (no coordinated omission).

use std::{
    mem,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Mutex, mpsc},
    task::JoinSet,
    time::{sleep_until, timeout},
};

use super::{
    Outcome,
    http::Connection,
    visitor::{Got, Visitor},
};

/// Before anything is counted.
pub const WARM_UP: Duration = Duration::from_millis(500);
/// How long after the end the last answers may come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections, and the visitors that each of them speaks for in turn, as a reverse proxy does.
pub struct Crew(Vec<Hand>);

struct Hand {
    connection: Connection,
    visitors: Vec<Visitor>,
    next: usize,
}

#[derive(Default)]
pub struct Measured {
    /// Of the requests that were answered as asked, sorted.
    pub times: Vec<Duration>,
    pub refused: usize,
}

impl Measured {
    fn add(&mut self, got: Got, time: Duration) {
        match got {
            Got::Answer => self.times.push(time),
            Got::Refusal => self.refused += 1,
        }
    }
}

impl Measured {
    pub fn join(&mut self, other: Self) {
        self.times.extend(other.times);
        self.times.sort_unstable();
        self.refused += other.refused;
    }
}

impl Crew {
    /// As many connections as there are visitors, and at most so many.
    pub async fn new(address: &str, connections: usize, visitors: Vec<Visitor>) -> Outcome<Self> {
        let share = visitors.len().div_ceil(connections).max(1);
        let mut hands = Vec::new();
        for visitors in visitors.chunks(share).map(<[_]>::to_vec) {
            hands.push(Hand { connection: Connection::open(address).await?, visitors, next: 0 });
        }
        Ok(Self(hands))
    }

    /// Each visitor asks once. The answers' bodies, in the visitors' order.
    pub async fn once(self) -> Outcome<Vec<String>> {
        let rounds = self.0.into_iter().map(|mut hand| {
            tokio::spawn(async move {
                let mut bodies = Vec::new();
                for visitor in &mut hand.visitors {
                    let answer = hand.connection.ask(visitor.request()).await?;
                    visitor.take(&answer)?;
                    bodies.push(answer.text().to_owned());
                }
                Outcome::Ok(bodies)
            })
        });
        let mut all = Vec::new();
        for round in rounds.collect::<Vec<_>>() {
            all.extend(timeout(PATIENCE, round).await???);
        }
        Ok(all)
    }

    /// Asks once over every connection, one after the other.
    pub async fn over_each(&mut self, visitor: &mut Visitor) -> Outcome<()> {
        for hand in &mut self.0 {
            let answer = hand.connection.ask(visitor.request()).await?;
            visitor.take(&answer)?;
        }
        Ok(())
    }

    /// Closed loop. `watch` is called as the measured time begins and as it ends.
    pub async fn closed(&mut self, lasting: Duration, mut watch: impl FnMut()) -> Outcome<Measured> {
        let begin = Instant::now() + WARM_UP;
        let end = begin + lasting;
        let mut rounds = JoinSet::new();
        for mut hand in mem::take(&mut self.0) {
            rounds.spawn(async move {
                let mut measured = Measured::default();
                loop {
                    let sent = Instant::now();
                    let got = hand.ask().await?;
                    let answered = Instant::now();
                    if answered >= end {
                        return Outcome::Ok((hand, measured));
                    }
                    if answered >= begin {
                        measured.add(got, answered - sent);
                    }
                }
            });
        }
        sleep_until(begin.into()).await;
        watch();
        sleep_until(end.into()).await;
        watch();
        self.gather(rounds).await
    }

    /// Open loop.
    pub async fn open(&mut self, per_second: f64, lasting: Duration) -> Outcome<Measured> {
        if per_second <= 0.0 {
            return Err("nothing was answered in the closed loop; give it more --seconds".into());
        }
        let begin = Instant::now() + WARM_UP;
        let due = Arc::new(Mutex::new(schedule(per_second, begin + lasting)));
        let mut rounds = JoinSet::new();
        for mut hand in mem::take(&mut self.0) {
            let due = Arc::clone(&due);
            rounds.spawn(async move {
                let mut measured = Measured::default();
                loop {
                    // Whoever is idle longest takes the next.
                    let next = due.lock().await.recv().await;
                    let Some(due) = next else { return Outcome::Ok((hand, measured)) };
                    let got = hand.ask().await?;
                    if due >= begin {
                        measured.add(got, due.elapsed());
                    }
                }
            });
        }
        sleep_until((begin + lasting).into()).await;
        self.gather(rounds).await
    }

    async fn gather(&mut self, mut rounds: JoinSet<Outcome<(Hand, Measured)>>) -> Outcome<Measured> {
        let mut all = Measured::default();
        let late = |_| format!("requests were not answered within {} s of the end", PATIENCE.as_secs());
        while let Some(round) = timeout(PATIENCE, rounds.join_next()).await.map_err(late)? {
            let (hand, measured) = round??;
            self.0.push(hand);
            all.join(measured);
        }
        Ok(all)
    }
}

impl Hand {
    async fn ask(&mut self) -> Outcome<Got> {
        let next = self.next;
        self.next = (next + 1) % self.visitors.len();
        let visitor = &mut self.visitors[next];
        let answer = self.connection.ask(visitor.request()).await?;
        visitor.take(&answer)
    }
}

/// Hands out the times at which requests are due, each when it has come. A thread of its own, since the runtime's timer counts in
/// milliseconds.
fn schedule(per_second: f64, end: Instant) -> mpsc::UnboundedReceiver<Instant> {
    let (hand_out, due) = mpsc::unbounded_channel();
    let every = Duration::from_secs_f64(1.0 / per_second);
    thread::spawn(move || {
        let mut next = Instant::now();
        while next < end {
            thread::sleep(next.saturating_duration_since(Instant::now()));
            if hand_out.send(next).is_err() {
                return;
            }
            next += every;
        }
    });
    due
}
