//! What is said of one setting, understood.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use http::Uri;

use super::{Flags, Place};
use crate::{
    auth::keys::schedule,
    server::proxies::{NoProxy, Proxies},
    store::{PostgresSettings, UnixMillis},
};

/// Or what is wrong with it, and what is allowed.
pub(super) type Checked<T> = Result<T, (String, &'static str)>;

pub(super) fn address(text: &str) -> Checked<SocketAddr> {
    let allowed = "an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000";
    text.parse().map_err(|_| (format!("is {text:?}, which is no address to listen on"), allowed))
}

/// Not the public one: what stands there is nobody's business.
pub(super) fn metrics_address(flags: &Flags) -> Checked<Option<SocketAddr>> {
    let Some(text) = &flags.metrics_addr else { return Ok(None) };
    let metrics = address(text)?;
    if metrics.port() != 0 && flags.addr.parse() == Ok(metrics) {
        return Err((format!("is {text:?}, and so is HALLPASS_ADDR"), "an address or a port of its own"));
    }
    Ok(Some(metrics))
}

pub(super) fn public_url(text: &str) -> Checked<String> {
    let allowed =
        "an origin such as https://example.com, without a path; http only for localhost and loopback addresses";
    let wrong = |problem: &str| (format!("is {text:?}, which {problem}"), allowed);
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| wrong("is no URL"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(wrong("is no URL")) };
    if authority.as_str().contains('@') {
        // And maybe a password, so it is not repeated.
        return Err(("holds a username".to_owned(), allowed));
    }
    if uri.path_and_query().is_some_and(|rest| rest.as_str() != "/") {
        return Err(wrong("has a path"));
    }
    let host = authority.host().trim_matches(['[', ']']);
    let loopback =
        host == "localhost" || host.ends_with(".localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match scheme {
        "https" => {}
        "http" if loopback => {}
        "http" => return Err(wrong("is not https")),
        _ => return Err(wrong("is neither http nor https")),
    }
    // As a browser writes it in `Origin`.
    let authority = authority.as_str().to_ascii_lowercase();
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    Ok(format!("{scheme}://{}", authority.strip_suffix(default_port).unwrap_or(&authority)))
}

pub(super) fn proxies(text: Option<&str>) -> Checked<Proxies> {
    let allowed = "the addresses of your reverse proxies and the networks that they are in, with commas between, such as 127.0.0.1, 10.1.0.0/16, fd00::/8";
    let Some(text) = text else { return Ok(Proxies::default()) };
    Proxies::named(text).map_err(|NoProxy { text, why }| (format!("names {text:?}, which {why}"), allowed))
}

pub(super) fn folder(text: &str) -> Checked<PathBuf> {
    if text.is_empty() { Err(("is empty".to_owned(), "a folder")) } else { Ok(text.into()) }
}

/// The URL may hold a password, so it is not repeated.
pub(super) fn database(text: &str) -> Checked<Place> {
    let allowed = "sqlite: and the path of a file, such as sqlite:/var/lib/hallpass/hallpass.db, or the URL of a PostgreSQL database, such as postgres://hallpass@localhost/hallpass";
    if text.starts_with("postgres:") || text.starts_with("postgresql:") {
        let settings = PostgresSettings::of(text);
        return settings.map(Place::Postgres).ok_or_else(|| ("is no URL of a PostgreSQL database".to_owned(), allowed));
    }
    let path = text.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)).unwrap_or_default();
    if path.is_empty() || path.contains(':') || path.contains('?') {
        return Err(("does not name a file".to_owned(), allowed));
    }
    Ok(Place::File(path.into()))
}

pub(super) fn pool_size(text: &str) -> Checked<u32> {
    let size = text.parse().ok().filter(|size| (2..=1_000).contains(size));
    size.ok_or_else(|| (format!("is {text:?}"), "a number from 2 to 1000"))
}

pub(super) fn time(text: &str, least: UnixMillis, most: UnixMillis, allowed: &'static str) -> Checked<UnixMillis> {
    let wrong = |problem: &str| (format!("is {text:?}, which {problem}"), allowed);
    let time: Duration = humantime::parse_duration(text).map_err(|_| wrong("is no time"))?;
    let millis = UnixMillis::try_from(time.as_millis()).unwrap_or(UnixMillis::MAX);
    match millis {
        _ if millis % 1_000 != 0 => Err(wrong("is not in whole seconds")),
        _ if millis < least => Err(wrong("is too short")),
        _ if millis > most => Err(wrong("is too long")),
        _ => Ok(millis),
    }
}

pub(super) fn key_rotation(text: &str) -> Checked<Option<UnixMillis>> {
    if text == "never" || text == "0" {
        return Ok(None);
    }
    time(text, schedule::SHORTEST, 3_650 * 86_400_000, "a time from 1h to 3650d, such as 30d, or never").map(Some)
}

pub(super) fn retention(text: &str) -> Checked<UnixMillis> {
    let day = 86_400_000;
    time(text, day, 3_650 * day, "a time from 1d to 3650d, such as 30d")
}

pub(super) fn signup(text: &str) -> Checked<bool> {
    match text {
        "open" => Ok(true),
        "closed" => Ok(false),
        _ => Err((format!("is {text:?}"), "open or closed")),
    }
}

/// RFC 9116, section 2.5.3. In one line of visible characters, since it becomes one.
pub(super) fn security_contact(text: &str) -> Checked<String> {
    let rest = ["mailto:", "https://", "tel:"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
    if rest.is_some_and(|rest| !rest.is_empty()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    let allowed = "a URI such as mailto:security@example.com, https://example.com/report or tel:+1-201-555-0123";
    Err((format!("is {text:?}"), allowed))
}
