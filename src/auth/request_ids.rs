//! By which the log and whoever asked can speak of a request.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use uuid::{Builder, Uuid};

use crate::store::UnixMillis;

/// Identifiers that sort by time (RFC 9562, version 7), without asking the system for randomness for each request.
#[derive(Debug, Default)]
pub struct RequestIds {
    count: AtomicU64,
    /// Drawn at the start. So nobody can tell by an id how many others there were.
    key: RandomState,
}

impl RequestIds {
    pub fn next(&self, now: UnixMillis) -> Uuid {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let mut rest = [0; 10];
        rest[2..].copy_from_slice(&self.key.hash_one(count).to_be_bytes());
        Builder::from_unix_timestamp_millis(now.try_into().unwrap_or_default(), &rest).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_requests_of_one_moment_have_one_id_and_no_two_servers_give_the_same() {
        let servers = [(); 2].map(|()| RequestIds::default());
        let ids: HashSet<_> = servers.iter().flat_map(|server| (0..10_000).map(|_| server.next(1_000))).collect();
        assert_eq!(ids.len(), 20_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(servers[0].next(2_000) > servers[0].next(1_000), "in the order of time");
    }
}
