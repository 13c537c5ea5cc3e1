//! Devices that have signed in before, and so need not stand in line with strangers who guess ("device cookies" of OWASP).
//!
//! ```text
//! up to four of, with dots between:   base64url, no padding, of   id:16 | tag:16
//!
//! id    random, for each user on each device
//! tag   the first 16 bytes of HMAC-SHA-256(key, id | user_id:16 | password_changed_at:8, big-endian)
//! ```
//!
//! It signs nobody in, and does not say who has signed in: a tag can be checked for a name that is typed, and for no other. A change of password ends it.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    rng::Rng,
    secret::ServerSecret,
    secrets::{Accepted, Secrets},
};
use crate::store::UnixMillis;

const ID: usize = 16;
const TAG: usize = 16;
const TEXT: usize = ((ID + TAG) * 8).div_ceil(6);
/// People who share a device, at most.
const PEOPLE: usize = 4;

/// What a browser keeps of those who have signed in in it. Cannot be printed.
#[derive(Clone)]
pub struct Device(Zeroizing<String>);

/// Which device it is, for one user.
pub(super) type DeviceId = [u8; ID];

/// The keys behind the tags: that of the secret in use, and those that are accepted beside it.
#[derive(Debug)]
pub(super) struct DeviceKeys(Accepted<DeviceKey>);

#[derive(Debug)]
struct DeviceKey(hmac::Key);

/// For whom a device is known: a user, for as long as they have this password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    pub user_id: Uuid,
    pub password_changed_at: UnixMillis,
}

impl Device {
    /// As it comes. What is none of ours is found to be known to nobody.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The text itself, for the cookie and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.0.split('.').take(PEOPLE).filter_map(Entry::read)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Device(..)")
    }
}

struct Entry<'a> {
    text: &'a str,
    id: DeviceId,
    tag: [u8; TAG],
}

impl<'a> Entry<'a> {
    fn read(text: &'a str) -> Option<Self> {
        if text.len() != TEXT {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, tag) = bytes.split_at_checked(ID)?;
        Some(Self { text, id: id.try_into().ok()?, tag: tag.try_into().ok()? })
    }
}

impl DeviceKeys {
    pub fn derive(secrets: &Secrets) -> Self {
        Self(secrets.each(DeviceKey::derive))
    }

    /// Which device it is, if this user has signed in on it. The same work where there is no such user.
    pub fn knows(&self, device: Option<&Device>, owner: Option<Owner>, now: UnixMillis) -> Option<DeviceId> {
        let nobody = Owner { user_id: Uuid::nil(), password_changed_at: 0 };
        let asked = owner.unwrap_or(nobody);
        let found = device?.entries().find(|entry| self.is_of(entry, asked, now)).map(|entry| entry.id);
        found.filter(|_| owner.is_some())
    }

    /// The device, on which this user has just signed in: the same one, under the secret in use. Whoever else has stays known on it, as far as there is room.
    pub fn admit(&self, device: Option<&Device>, owner: Owner, rng: &dyn Rng, now: UnixMillis) -> Device {
        let id = self.knows(device, Some(owner), now).unwrap_or_else(|| rng.bytes());
        let mut bytes = [0; ID + TAG];
        bytes[..ID].copy_from_slice(&id);
        bytes[ID..].copy_from_slice(&self.0.current().tag(&id, owner));
        let mut text = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes));
        let others = device.into_iter().flat_map(Device::entries).filter(|entry| !self.is_of(entry, owner, now));
        for other in others.take(PEOPLE - 1) {
            text.push('.');
            text.push_str(other.text);
        }
        Device(text)
    }

    fn is_of(&self, entry: &Entry<'_>, owner: Owner, now: UnixMillis) -> bool {
        self.0.at(now).any(|(key, _)| key.is_of(entry, owner))
    }
}

impl DeviceKey {
    fn derive(secret: &ServerSecret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.derive("hallpass device tag 1").as_slice()))
    }

    fn is_of(&self, entry: &Entry<'_>, owner: Owner) -> bool {
        constant_time::verify_slices_are_equal(&entry.tag, &self.tag(&entry.id, owner)).is_ok()
    }

    fn tag(&self, id: &DeviceId, owner: Owner) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(id);
        context.update(owner.user_id.as_bytes());
        context.update(&owner.password_changed_at.to_be_bytes());
        let mut tag = [0; TAG];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::rng::SystemRng;

    const NOW: UnixMillis = 1_800_000_000_000;

    fn secret(text: &str) -> ServerSecret {
        ServerSecret::new(text).unwrap()
    }

    fn keys() -> DeviceKeys {
        DeviceKeys::derive(&secret("0123456789abcdef0123456789abcdef").into())
    }

    fn known(device: &Device, owner: Option<Owner>) -> Option<DeviceId> {
        keys().knows(Some(device), owner, NOW)
    }

    fn owner(user: u128) -> Owner {
        Owner { user_id: Uuid::from_u128(user), password_changed_at: NOW }
    }

    fn admitted(device: Option<&Device>, user: u128) -> Device {
        keys().admit(device, owner(user), &SystemRng, NOW)
    }

    #[test]
    fn a_device_is_known_for_whoever_signed_in_on_it_until_their_password_changes() {
        let device = admitted(None, 1);
        assert!(known(&device, Some(owner(1))).is_some());
        let changed = Owner { password_changed_at: NOW + 1, ..owner(1) };
        for stranger in [Some(owner(2)), Some(changed), None] {
            assert_eq!(known(&device, stranger), None);
        }
        assert_eq!(keys().knows(None, Some(owner(1)), NOW), None);
        let again = admitted(Some(&device), 1);
        assert_eq!(again.expose(), device.expose(), "signing in again makes no other device of it");
        let other = DeviceKeys::derive(&secret("another secret of at least 32 bytes").into());
        assert_eq!(other.knows(Some(&device), Some(owner(1)), NOW), None);
    }

    #[test]
    fn a_device_stays_the_same_while_the_secret_is_replaced_and_is_tagged_anew_when_its_person_signs_in() {
        let (old, new) = ("0123456789abcdef0123456789abcdef", "another secret of at least 32 bytes");
        let accepts_both = DeviceKeys::derive(&Secrets::from(secret(new)).after(secret(old), NOW + 1));
        let device = admitted(Some(&admitted(None, 2)), 1);
        let id = known(&device, Some(owner(1)));
        assert!(id.is_some());
        assert_eq!(accepts_both.knows(Some(&device), Some(owner(1)), NOW), id);
        assert_eq!(accepts_both.knows(Some(&device), Some(owner(1)), NOW + 1), None, "no longer than was said");
        let again = accepts_both.admit(Some(&device), owner(1), &SystemRng, NOW);
        let new_alone = DeviceKeys::derive(&secret(new).into());
        assert_eq!(new_alone.knows(Some(&again), Some(owner(1)), NOW), id);
        assert_eq!(again.expose().len(), device.expose().len(), "in place of what it was");
        assert!(accepts_both.knows(Some(&again), Some(owner(2)), NOW).is_some(), "and nobody else is forgotten");
        let to_come = DeviceKeys::derive(&Secrets::from(secret(old)).before(secret(new)));
        assert_eq!(to_come.knows(Some(&again), Some(owner(1)), NOW), id, "by an instance that is still to be replaced");
    }

    #[test]
    fn several_people_share_a_device_and_the_one_who_was_there_longest_ago_makes_room() {
        let device = (1..=4).fold(None, |device, user| Some(admitted(device.as_ref(), user))).unwrap();
        assert!((1..=4).all(|user| known(&device, Some(owner(user))).is_some()));
        let fifth = admitted(Some(&device), 5);
        assert!(known(&fifth, Some(owner(1))).is_none());
        assert!((2..=5).all(|user| known(&fifth, Some(owner(user))).is_some()));
        assert_eq!(fifth.expose().len(), 4 * TEXT + 3);
    }

    #[test]
    fn what_is_none_of_ours_is_known_to_nobody_and_is_not_kept() {
        let real = admitted(None, 1);
        let [garbage, forged] = ["A".repeat(TEXT - 1), "A".repeat(TEXT)];
        let cut = format!("{}.", &real.expose()[..TEXT - 1]);
        for text in ["", ".", "é", "...", garbage.as_str(), forged.as_str(), &real.expose()[1..], cut.as_str()] {
            assert_eq!(known(&Device::presented(text), Some(owner(1))), None, "{text}");
        }
        let long = Device::presented(&[garbage.as_str(); 1000].join("."));
        assert_eq!(admitted(Some(&long), 1).expose().len(), TEXT);
    }

    #[test]
    fn every_flipped_bit_makes_a_stranger_of_it() {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(admitted(None, 1).expose()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = Device::presented(&BASE64_URL_SAFE_NO_PAD.encode(changed));
            assert_eq!(known(&changed, Some(owner(1))), None, "bit {bit}");
        }
    }

    #[test]
    fn it_does_not_print_and_does_not_hold_the_user() {
        let device = admitted(None, 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
        assert_eq!(format!("{device:?}"), "Device(..)");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(device.expose()).unwrap();
        assert!(!bytes.windows(4).any(|part| part == [0x00, 0x11, 0x22, 0x33] || part == [0xcc, 0xdd, 0xee, 0xff]));
    }
}
