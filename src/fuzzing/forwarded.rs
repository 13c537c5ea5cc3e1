//! The address of a visitor behind proxies. The input's first line is the peer, or else that is a proxy; the other lines are those of `X-Forwarded-For`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::LazyLock,
};

use http::HeaderName;

use super::headers;
use crate::server::proxies::Proxies;

const HEADER: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

static PROXIES: LazyLock<Proxies> =
    LazyLock::new(|| Proxies::named("127.0.0.1, 10.0.0.0/8, fd00::/8").expect("these are networks"));

pub fn forwarded(input: &[u8]) -> bool {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let peer = std::str::from_utf8(&input[..end]).ok().and_then(|peer| peer.parse().ok()).unwrap_or(PROXY);
    let mut headers = headers(&HEADER, input.get(end + 1..).unwrap_or_default());
    let client = PROXIES.client(peer, &headers);
    assert_eq!(Proxies::default().client(peer, &headers), peer.to_canonical(), "who trusts nobody believes nobody");

    let entries: Vec<_> = headers
        .get_all(HEADER)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(named)
        .collect();
    let chain = [Some(peer.to_canonical())].into_iter().chain(entries.into_iter().rev());
    let believed: Vec<_> = chain.map_while(|address| address).collect();
    let at = believed.iter().position(|address| !is_proxy(*address)).unwrap_or(believed.len() - 1);
    assert_eq!(client, believed[at], "the first that is no proxy, or the last that is named");

    if !is_proxy(client) {
        let line = headers.get(HEADER).map(|line| [b"1.1.1.1, ", line.as_bytes()].concat());
        if let Some(line) = line {
            let lines: Vec<_> = headers.get_all(HEADER).iter().skip(1).cloned().collect();
            headers.insert(HEADER, http::HeaderValue::from_bytes(&line).expect("a longer line of the same bytes"));
            for line in lines {
                headers.append(HEADER, line);
            }
            assert_eq!(PROXIES.client(peer, &headers), client, "what a visitor wrote to the left changes nothing");
        }
    }
    at > 0
}

/// The networks above, in other words.
fn is_proxy(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[0] == 10 || address == Ipv4Addr::LOCALHOST,
        IpAddr::V6(address) => address.octets()[0] == 0xfd,
    }
}

fn named(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim_matches(|c: char| c.is_ascii_whitespace());
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|inner| inner.contains(':'));
    let address = bare.unwrap_or(entry).parse().ok();
    address.or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip())).map(|address: IpAddr| address.to_canonical())
}
