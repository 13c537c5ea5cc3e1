//! From which address a request comes, when a reverse proxy stands in between and says so in `X-Forwarded-For`.
//!
//! Every proxy adds to the right whom it heard from. So the list is read from the right, for as long as whoever wrote the entry is trusted;
//! what stands further left is whatever the visitor liked to write.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";
/// How many bits IPv4 has less than IPv6.
const IPV4_OFFSET: u32 = 96;

/// The reverse proxies that are believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Arc<[Network]>);

/// What was named as a proxy and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoProxy {
    pub text: String,
    pub why: &'static str,
}

/// Addresses with the same first bits, those of IPv4 in their IPv6 form.
#[derive(Clone, Copy, Debug)]
struct Network {
    bits: u128,
    length: u32,
}

impl Proxies {
    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Addresses and networks, with commas between.
    pub fn named(text: &str) -> Result<Self, NoProxy> {
        let network = |text: &str| Network::named(text).map_err(|why| NoProxy { text: text.to_owned(), why });
        text.split(',').map(|part| network(part.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Who is at the other end: the peer, or, where that is a proxy, whom it heard from.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let mut forwarded = forwarded_for(headers);
        while self.trusts(client)
            && let Some(Some(before)) = forwarded.next()
        {
            client = before;
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }
}

impl Network {
    fn named(text: &str) -> Result<Self, &'static str> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| "is no address")?;
        let offset = if address.is_ipv4() { IPV4_OFFSET } else { 0 };
        let own = match length {
            None => 128 - offset,
            Some(length) => length.parse().ok().filter(|own| *own <= 128 - offset).ok_or("is no network")?,
        };
        if own == 0 {
            return Err("is everybody, so that anybody could pass for anybody");
        }
        Ok(Self { bits: bits(address), length: offset + own })
    }

    fn holds(&self, address: IpAddr) -> bool {
        // Never by 128, since no network is everybody.
        (self.bits ^ bits(address)) >> (128 - self.length) == 0
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The entries of all its lines, from the right. `None`: no address.
fn forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).map(|entry| address(entry.trim_ascii()))
}

/// With or without a port; of IPv6, in brackets or bare.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?;
    let bare = || text.parse().ok();
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(|ip: Ipv6Addr| ip.into());
    bare().or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXIES: &str = "127.0.0.1, 10.0.0.0/8, fd00::/8";

    #[test]
    fn the_client_is_the_first_from_the_right_that_is_no_proxy() {
        for (peer, lines, client, why) in [
            ("203.0.113.7", &[][..], "203.0.113.7", "nobody in between"),
            ("203.0.113.7", &["198.51.100.1"], "203.0.113.7", "a peer that is not trusted says what it likes"),
            ("10.1.2.3", &[], "10.1.2.3", "a proxy that says nothing"),
            ("10.1.2.3", &["198.51.100.1"], "198.51.100.1", "one proxy"),
            ("10.1.2.3", &["198.51.100.1, 10.9.9.9"], "198.51.100.1", "two"),
            ("10.1.2.3", &["198.51.100.1", "10.9.9.9"], "198.51.100.1", "two, with a line each"),
            ("10.1.2.3", &["198.51.100.1,10.9.9.9 ,\t127.0.0.1"], "198.51.100.1", "with other spaces"),
            ("10.1.2.3", &["1.1.1.1, 198.51.100.1"], "198.51.100.1", "what the client made up is to the left"),
            ("10.1.2.3", &["1.1.1.1", "198.51.100.1"], "198.51.100.1", "or in a line before"),
            ("10.1.2.3", &["10.7.7.7, 198.51.100.1"], "198.51.100.1", "even if it names a proxy"),
            ("10.1.2.3", &["10.7.7.7, 10.8.8.8"], "10.7.7.7", "a client among the proxies"),
            ("10.1.2.3", &["198.51.100.1:4711"], "198.51.100.1", "a port"),
            ("10.1.2.3", &["2001:db8::7"], "2001:db8::7", "IPv6"),
            ("10.1.2.3", &["[2001:db8::7]"], "2001:db8::7", "in brackets"),
            ("10.1.2.3", &["[2001:db8::7]:4711"], "2001:db8::7", "and a port"),
            ("10.1.2.3", &["::ffff:198.51.100.1"], "198.51.100.1", "IPv4 in its IPv6 form"),
            ("::ffff:10.1.2.3", &["198.51.100.1"], "198.51.100.1", "and a proxy in it"),
            ("::ffff:203.0.113.7", &["198.51.100.1"], "203.0.113.7", "and a client in it"),
            ("fd12::1", &["198.51.100.1, ::ffff:10.1.1.1"], "198.51.100.1", "and both"),
            ("10.1.2.3", &["198.51.100.1, unknown"], "10.1.2.3", "garbage ends it"),
            ("10.1.2.3", &["198.51.100.1, unknown, 10.9.9.9"], "10.9.9.9", "at the last good one"),
            ("10.1.2.3", &["198.51.100.1,"], "10.1.2.3", "nothing is garbage"),
            ("10.1.2.3", &[""], "10.1.2.3", "so is an empty line"),
            ("10.1.2.3", &["198.51.100.1", "\u{e9}"], "10.1.2.3", "and what is not ASCII"),
            ("10.1.2.3", &["[198.51.100.1]"], "10.1.2.3", "brackets are for IPv6"),
            ("10.1.2.3", &["198.51.100.1:99999"], "10.1.2.3", "and there is no such port"),
            ("10.1.2.3", &["localhost"], "10.1.2.3", "names are not looked up"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
            }
            let proxies = Proxies::named(PROXIES).unwrap();
            let found = proxies.client(peer.parse().unwrap(), &headers);
            assert_eq!(found, client.parse::<IpAddr>().unwrap(), "{why}: {peer}, {lines:?}");
        }
    }

    #[test]
    fn nobody_is_trusted_who_was_not_named() {
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, http::HeaderValue::from_static("198.51.100.1"));
        for peer in ["127.0.0.1", "::1", "10.0.0.1"] {
            let peer = peer.parse().unwrap();
            assert_eq!(Proxies::default().client(peer, &headers), peer);
        }
    }

    #[test]
    fn a_network_begins_and_ends_at_its_bits() {
        for (network, inside, outside) in [
            (
                "10.1.0.0/16",
                &["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3"][..],
                &["10.0.255.255", "10.2.0.0", "::"][..],
            ),
            ("10.1.2.3/31", &["10.1.2.2", "10.1.2.3"], &["10.1.2.1", "10.1.2.4"]),
            ("10.1.2.3", &["10.1.2.3"], &["10.1.2.2", "::10.1.2.3"]),
            ("128.0.0.0/1", &["128.0.0.0", "255.255.255.255"], &["127.255.255.255", "8000::"]),
            ("::ffff:10.0.0.0/104", &["10.9.9.9"], &["11.0.0.0", "::1"]),
            ("2001:db8::/32", &["2001:db8:ffff::1"], &["2001:db9::", "32.1.13.184"]),
            ("8000::/1", &["ffff::"], &["7fff::", "203.0.113.7"]),
        ] {
            let proxies = Proxies::named(network).unwrap();
            for address in inside {
                assert!(proxies.trusts(address.parse().unwrap()), "{address} is in {network}");
            }
            for address in outside {
                assert!(!proxies.trusts(address.parse().unwrap()), "{address} is not in {network}");
            }
        }
    }
}
