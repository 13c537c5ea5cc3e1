//! Counts tries of passwords, in the database and before anybody looks at the password: so instances share the counts, a restart forgets none, and many
//! tries at once get no more looks than one after the other. The numbers and the rule are in [`limits`](super::limits).
//!
//! A name that does not exist is counted like one that does, and a success forgets only the failures of whoever succeeded: otherwise a stranger could see by
//! the counts that somebody has signed in, and so that the account is there.
//!
//! Beside these, an account keeps count of its failures in a row, until its password is right. When strangers together have made as many as there may be, their passwords
//! are still looked at and found wrong, whatever they are: of this count nobody outside sees anything.

use std::{net::IpAddr, pin::pin, time::Duration};

use aws_lc_rs::hmac;
use uuid::Uuid;

use super::{
    Auth, EventKind, Visit,
    device::DeviceId,
    hasher::{Busy, Place},
    in_flight::{InFlight, TakenBack, UnderWay},
    limits::{
        self, ACCOUNTS, ADDRESS, Before, DEVICE, KNOWN, Limit, Memory, PAIR, STRANGERS, TAKEN, TooMany, in_a_row,
    },
    seal::Seed,
    username::Username,
};
use crate::store::{At, Counted, Hash, InARow, NewTry, Receipt, StoreError, UnixMillis, Who};

/// What a try waits for others that are in flight, at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// The key of the keys that tries are counted under, and the tries in flight.
#[derive(Debug)]
pub(super) struct Tries {
    key: hmac::Key,
    in_flight: InFlight,
}

/// What a key stands for, in the order in which rows are locked.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
enum Kind {
    Pair,
    Device,
    Session,
    Strangers,
    Known,
    Address,
    Taken,
    Accounts,
}

/// Under what a try is counted.
#[derive(Debug)]
pub(super) struct Way {
    own: Option<[(Hash, Limit); 2]>,
    apart: Vec<(Hash, Limit)>,
    /// At whose failures in a row.
    at: Option<At>,
}

/// A try that was counted.
#[derive(Debug)]
pub(super) struct Try<'a> {
    receipt: Receipt,
    limits: Vec<Limit>,
    under_way: UnderWay<'a>,
}

/// The password was looked at and was wrong, or right and not believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrong {
    /// The next password of a stranger is not believed, whatever it is.
    pub closed: bool,
}

/// Why a try was not counted, under which key, and by how many tries it was too many.
struct Refused {
    why: TooMany,
    key: Hash,
    too_many: u32,
}

impl Tries {
    pub fn new(key: &Seed) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()), in_flight: InFlight::default() }
    }

    /// Of somebody who is not known, for a name, whether it is a user's or not.
    pub fn of_a_stranger(&self, name: &str, user_id: Option<Uuid>, visit: &Visit) -> Way {
        let from = place(visit);
        let here = from.as_deref().unwrap_or_default();
        let own = [
            (self.key(Kind::Pair, &[name.as_bytes(), here]), PAIR),
            (self.key(Kind::Strangers, &[name.as_bytes()]), STRANGERS),
        ];
        let apart = from.iter().map(|from| (self.key(Kind::Address, &[from]), ADDRESS)).collect();
        Way { own: Some(own), apart, at: Some(At { user_id, who: Who::Stranger }) }
    }

    /// On a device on which the user has signed in before.
    pub fn on_a_device(&self, user_id: Uuid, device: &DeviceId) -> Way {
        self.known(self.key(Kind::Device, &[user_id.as_bytes(), device]), user_id)
    }

    /// Of the present password, in a session of the user.
    pub fn in_a_session(&self, user_id: Uuid, session_id: Uuid) -> Way {
        self.known(self.key(Kind::Session, &[session_id.as_bytes()]), user_id)
    }

    fn known(&self, own: Hash, user_id: Uuid) -> Way {
        let all = self.key(Kind::Known, &[user_id.as_bytes()]);
        let at = At { user_id: Some(user_id), who: Who::Known };
        Way { own: Some([(own, DEVICE), (all, KNOWN)]), apart: Vec::new(), at: Some(at) }
    }

    /// To make an account.
    pub fn of_a_sign_up(&self, visit: &Visit) -> Way {
        let apart = place(visit).map_or_else(Vec::new, |from| {
            vec![(self.key(Kind::Taken, &[&from]), TAKEN), (self.key(Kind::Accounts, &[&from]), ACCOUNTS)]
        });
        Way { own: None, apart, at: None }
    }

    /// A byte for the kind, so that keys are in the order of locks, and then the first 31 of HMAC-SHA-256(key, kind | length and bytes of each part).
    fn key(&self, kind: Kind, parts: &[&[u8]]) -> Hash {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&[kind as u8]);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut key = [kind as u8; 32];
        key[1..].copy_from_slice(&context.sign().as_ref()[..31]);
        key
    }
}

/// The network that one visitor has: an address of IPv4, or the first 64 bits of one of IPv6, behind which a visitor has all the rest (RFC 6177).
pub(super) fn place(visit: &Visit) -> Option<Vec<u8>> {
    match visit.address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => Some(address.octets().to_vec()),
        IpAddr::V6(address) => Some(address.octets()[..8].to_vec()),
    }
}

impl Way {
    fn rows(&self) -> Vec<(Hash, Limit)> {
        self.own.iter().flatten().chain(&self.apart).copied().collect()
    }
}

impl Auth {
    /// Looks at a password for whoever may try, like [`looked`](Self::looked), and forgets the tries of whoever was right.
    pub(super) async fn guarded<Found, Error>(
        &self,
        ways: &[Way],
        look: impl AsyncFnOnce(Place) -> Result<Option<Found>, Error>,
    ) -> Result<Option<Found>, Error>
    where
        Error: From<TooMany> + From<Busy> + From<StoreError>,
    {
        let Ok((found, counted)) = self.looked(ways, look).await? else { return Ok(None) };
        self.store.clear_tries(&counted.receipt).await?;
        counted.forgotten();
        Ok(Some(found))
    }

    /// Looks at a password for whoever may try. `ways`: as whom, the better one first. `look` finds nothing if the password is wrong. Where it was right, the try
    /// is yet to be forgotten.
    pub(super) async fn looked<Found, Error>(
        &self,
        ways: &[Way],
        look: impl AsyncFnOnce(Place) -> Result<Option<Found>, Error>,
    ) -> Result<Result<(Found, Try<'_>), Wrong>, Error>
    where
        Error: From<TooMany> + From<Busy> + From<StoreError>,
    {
        // Before it is counted: a flood that the machine cannot hash does not reach the database.
        let (place, counted) = self.count::<_, Error>(ways, || self.hasher.place()).await?;
        match look(place).await {
            Ok(Some(found)) if counted.is_believed() => Ok(Ok((found, counted))),
            Ok(_) => Ok(Err(Wrong { closed: counted.failed() })),
            Err(error) => {
                self.take_back(counted).await;
                Err(error)
            }
        }
    }

    /// Counts a try, when there is room for the work that it brings along. One that finds a count full of tries in flight waits for them.
    pub(super) async fn count<Room, Error>(
        &self,
        ways: &[Way],
        room: impl Fn() -> Result<Room, Busy>,
    ) -> Result<(Room, Try<'_>), Error>
    where
        Error: From<TooMany> + From<Busy> + From<StoreError>,
    {
        let mut patience = pin!(tokio::time::sleep(PATIENCE));
        loop {
            let taken_back = self.tries.in_flight.taken_back();
            let taken = room()?;
            let Refused { why, key, too_many } = match self.count_in_one_of(ways, taken_back).await? {
                Ok(counted) => return Ok((taken, counted)),
                Err(refused) => refused,
            };
            drop(taken);
            let in_vain = tokio::select! {
                helps = self.tries.in_flight.wait(&key, too_many, taken_back) => !helps,
                () = &mut patience => true,
            };
            if in_vain {
                return Err(why.into());
            }
        }
    }

    /// In the first of the ways that takes it, or will when others in flight are through. If none does, it may come again when the first would.
    async fn count_in_one_of(
        &self,
        ways: &[Way],
        taken_back: TakenBack,
    ) -> Result<Result<Try<'_>, Refused>, StoreError> {
        let mut least: Option<Refused> = None;
        for way in ways {
            match self.count_in(way).await? {
                Ok(counted) => return Ok(Ok(counted)),
                Err(refused) if self.tries.in_flight.may_help(&refused.key, refused.too_many, taken_back) => {
                    return Ok(Err(refused));
                }
                Err(refused) if least.as_ref().is_none_or(|least| refused.why.wait <= least.why.wait) => {
                    least = Some(refused);
                }
                Err(_) => {}
            }
        }
        // Without a way there is nothing to count.
        least.map_or_else(|| Ok(Ok(self.uncounted())), |refused| Ok(Err(refused)))
    }

    async fn count_in(&self, way: &Way) -> Result<Result<Try<'_>, Refused>, StoreError> {
        let rows = way.rows();
        if rows.is_empty() {
            return Ok(Ok(self.uncounted()));
        }
        let now = self.clock.now();
        let tries: Vec<_> = rows.iter().map(|(key, limit)| new_try(*key, *limit, now)).collect();
        let limits: Vec<_> = rows.iter().map(|(_, limit)| *limit).collect();
        let judge = |counted: &[Counted], in_a_row: Option<InARow>| {
            let refusals = counted.iter().zip(&limits).filter_map(|(counted, limit)| refused(counted, limit));
            let in_a_row = in_a_row.and_then(|in_a_row| too_many_in_a_row(in_a_row, counted));
            refusals.chain(in_a_row).max_by_key(|refused| refused.why.wait).map_or(Ok(()), Err)
        };
        // Before it is counted: whoever finds the count full must find all of those in flight who have filled it.
        let under_way = self.tries.in_flight.begin(rows.iter().map(|(key, _)| *key).collect());
        let (mut counted, in_a_row) = match self.store.count_tries(&tries, way.at, judge).await? {
            Ok(counted) => counted,
            Err(refused) => return Ok(Err(refused)),
        };
        let apart = counted.split_off(counted.len() - way.apart.len());
        Ok(Ok(Try { receipt: Receipt { own: counted.try_into().ok(), apart, in_a_row }, limits, under_way }))
    }

    fn uncounted(&self) -> Try<'_> {
        Try { receipt: Receipt::default(), limits: Vec::new(), under_way: self.tries.in_flight.begin(Vec::new()) }
    }

    /// Nobody looked at the password. If the database is gone too, the try stays counted.
    pub(super) async fn take_back(&self, counted: Try<'_>) {
        match self.store.take_back_try(&counted.receipt).await {
            Ok(()) => counted.under_way.makes_room(),
            Err(error) => tracing::warn!(%error, "a try that came to nothing stays counted"),
        }
    }

    /// Forgets the failures for a name, for the operator: those of strangers, and of devices that its user has signed in on. Whether there were any; `None`: there
    /// is no such user.
    pub async fn forgive(&self, username: &str, visit: &Visit) -> Result<Option<bool>, StoreError> {
        let Ok(name) = Username::parse(username) else { return Ok(None) };
        let Some(user) = self.store.user_by_key(&name.key).await? else { return Ok(None) };
        let strangers = self.tries.key(Kind::Strangers, &[user.username_key.as_bytes()]);
        let known = self.tries.key(Kind::Known, &[user.id.as_bytes()]);
        let unlocked = self.event(EventKind::Unlocked, Some(user.id), None, visit, self.clock.now());
        Ok(Some(self.store.forget_tries(&[strangers, known], user.id, &unlocked).await?))
    }
}

impl Try<'_> {
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The password was right, and that is durable.
    pub fn forgotten(self) {
        self.under_way.makes_room();
    }

    /// Whether a right password is right: strangers' are not, after as many failures in a row as there may be.
    fn is_believed(&self) -> bool {
        self.receipt.in_a_row.is_none_or(|InARow { who, tries, .. }| tries <= in_a_row(who))
    }

    /// It was looked at and was wrong: it stays counted. Whether the account is closed to strangers.
    pub fn failed(self) -> bool {
        let counted = self.receipt.own.iter().flatten().chain(&self.receipt.apart);
        for (_, limit) in counted.zip(&self.limits).filter(|(counted, limit)| counted.tries == limit.most) {
            tracing::warn!(limit = limit.name, "authn_login_fail_max: as many failures as there may be");
        }
        let closed = |InARow { who, tries, .. }| who == Who::Stranger && tries >= in_a_row(who);
        self.receipt.in_a_row.is_some_and(closed)
    }

    /// What was counted under the keys of this limit is taken back, and the rest stays.
    pub fn only(mut self, limit: Limit) -> Self {
        let mut limits = self.limits.iter();
        self.receipt.apart.retain(|_| limits.next() == Some(&limit));
        self.limits.retain(|other| *other == limit);
        self
    }
}

fn new_try(key: Hash, limit: Limit, now: UnixMillis) -> NewTry {
    let keeps_its_end = matches!(limit.memory, Memory::AfterFirst(_));
    NewTry { key, now, forgotten_at: now.saturating_add(limit.memory.length()), keeps_its_end }
}

/// Whoever is known may learn of the account, and stands in line with strangers then. No time helps; it is never told, since strangers' waits are no longer.
fn too_many_in_a_row(in_a_row: InARow, counted: &[Counted]) -> Option<Refused> {
    let InARow { who: Who::Known, tries, .. } = in_a_row else { return None };
    let too_many = tries.checked_sub(1 + limits::in_a_row(Who::Known))?;
    let why = TooMany { limit: KNOWN, wait: Duration::from_millis(KNOWN.memory.length().unsigned_abs()) };
    counted.last().map(|all| Refused { why, key: all.key, too_many })
}

fn refused(counted: &Counted, limit: &Limit) -> Option<Refused> {
    let tries = counted.tries.saturating_sub(1);
    let before = Before { tries, first: counted.since_at, last: counted.previous_at };
    let why = limit.judge(before, counted.at).err()?;
    Some(Refused { why, key: counted.key, too_many: tries - limit.free })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries() -> Tries {
        Tries::new(&Seed::new([1; 32]))
    }

    fn from(address: &str) -> Visit {
        Visit { address: address.to_owned(), ..Visit::default() }
    }

    #[test]
    fn a_visitor_of_ipv6_has_a_network_of_64_bits() {
        let address = |text: &str| tries().of_a_stranger("ada", None, &from(text)).apart.first().map(|(key, _)| *key);
        assert_eq!(address("2001:db8:0:1::1"), address("2001:db8:0:1:ffff::2"));
        assert_ne!(address("2001:db8:0:1::1"), address("2001:db8:0:2::1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
        assert_eq!(address("192.0.2.1"), address("::ffff:192.0.2.1"));
        assert_eq!(address(""), None, "the operator comes from no address");
    }

    #[test]
    fn keys_are_in_the_order_of_their_kinds_and_say_nothing_of_what_they_stand_for() {
        let (tries, id) = (tries(), Uuid::from_u128(7));
        let ways = [
            tries.of_a_stranger("ada", None, &from("192.0.2.1")),
            tries.on_a_device(id, &[1; 16]),
            tries.in_a_session(id, Uuid::from_u128(8)),
            tries.of_a_sign_up(&from("192.0.2.1")),
        ];
        let mut all = Vec::new();
        for way in &ways {
            let keys: Vec<_> = way.rows().into_iter().map(|(key, _)| key).collect();
            assert!(keys.is_sorted());
            assert!(keys.iter().all(|key| !key.windows(3).any(|part| part == b"ada" || part == [192, 0, 2])));
            all.extend(keys);
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 8, "a device and a session share one");
        let other = Tries::new(&Seed::new([2; 32]));
        assert_ne!(
            other.of_a_stranger("ada", None, &from("")).rows(),
            tries.of_a_stranger("ada", None, &from("")).rows()
        );
    }
}
