//! Whether a request was made by one of our own pages.

use http::{HeaderMap, HeaderName, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The rule for everything that reads or sets the cookie: `Sec-Fetch-Site: same-origin` or, from browsers that do not
/// send it, an `Origin` equal to the public URL. Neither, or one that is not alone: refused. `SameSite=Strict` is the second wall.
pub fn is_ours(headers: &HeaderMap, public_origin: &str) -> bool {
    let only = |name: HeaderName| {
        let mut values = headers.get_all(name).iter();
        (values.next().map(http::HeaderValue::as_bytes), values.next().is_some())
    };
    match only(SEC_FETCH_SITE) {
        (Some(site), false) => site == b"same-origin",
        (Some(_), true) => false,
        (None, _) => only(header::ORIGIN) == (Some(public_origin.as_bytes()), false),
    }
}

/// Whether a browser says that another site sent it here. `SameSite=Strict` keeps the cookie from such a request, so its absence
/// means nothing.
pub fn came_from_another_site(headers: &HeaderMap) -> bool {
    headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Whether it may be a page of ours that led here, as far as a browser says.
pub fn may_be_led_by_us(headers: &HeaderMap) -> bool {
    headers.get(SEC_FETCH_SITE).is_none_or(|site| site == "same-origin")
}

/// Whether a page's script may have made the request, rather than a program.
pub fn is_from_a_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(header::ORIGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        is_ours(&headers, "https://example.com")
    }

    #[test]
    fn only_our_own_pages_pass() {
        let table: [(&[(&str, &str)], bool); 13] = [
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://example.com")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "")], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://example.com")], false),
            (&[("origin", "https://example.com")], true),
            (&[("origin", "https://example.com.evil.test")], false),
            (&[("origin", "null")], false),
            (&[("origin", "https://example.com"), ("origin", "https://evil.test")], false),
            (&[], false),
        ];
        for (headers, expected) in table {
            assert_eq!(ours(headers), expected, "{headers:?}");
        }
    }
}
