//! The files that the browser is served as they are: in the binary, compressed when it was built. A development build reads them
//! anew each time instead, since `cargo leptos watch` may have laid out others meanwhile.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use aws_lc_rs::digest;
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::app::shell::AssetUrls;

/// A file as `build.rs` found it in the site.
struct Embedded {
    /// From the site's root, with a slash in front.
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// All files by the address that they are served at.
pub struct Site {
    files: HashMap<String, File>,
    urls: AssetUrls,
}

struct File {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    /// Of the content, in hexadecimal.
    hash: String,
    media_type: &'static str,
    /// The address changes with the content.
    hashed: bool,
}

impl Site {
    /// The site as it is now.
    pub fn now() -> Arc<Self> {
        static EMBEDDED: OnceLock<Arc<Site>> = OnceLock::new();
        if cfg!(debug_assertions) {
            return Arc::new(Self::laid_out());
        }
        Arc::clone(EMBEDDED.get_or_init(|| Arc::new(Self::embedded())))
    }

    pub fn urls(&self) -> AssetUrls {
        self.urls.clone()
    }

    /// The file at a path, in the smallest form that the browser takes.
    pub fn answer(&self, path: &str, request: &HeaderMap) -> Option<Response> {
        self.files.get(path).map(|file| file.answer(request))
    }

    /// Where all of them are.
    #[cfg(test)]
    pub fn addresses(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    fn embedded() -> Self {
        let mut site = Self::empty();
        for Embedded { path, plain, brotli, gzip } in FILES {
            let [brotli, gzip] = [brotli, gzip].map(|form| form.map(Bytes::from_static));
            site.add(path, Bytes::from_static(plain), brotli, gzip);
        }
        if site.urls.wasm.is_empty() {
            tracing::warn!(
                "built without the browser's half: pages work as far as they do without scripts; build with `make build`"
            );
        }
        site
    }

    /// What `cargo leptos` has laid out.
    fn laid_out() -> Self {
        let root = std::env::var("LEPTOS_SITE_ROOT").unwrap_or_else(|_| "target/site".to_owned());
        let mut site = Self::empty();
        let mut folders = vec![std::path::PathBuf::from(&root)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let (Ok(bytes), Ok(below)) = (std::fs::read(&path), path.strip_prefix(&root)) {
                    site.add(&format!("/{}", below.display()), bytes.into(), None, None);
                }
            }
        }
        site
    }

    fn empty() -> Self {
        let urls = AssetUrls { css: String::new(), js: String::new(), wasm: String::new() };
        Self { files: HashMap::new(), urls }
    }

    fn add(&mut self, path: &str, plain: Bytes, brotli: Option<Bytes>, gzip: Option<Bytes>) {
        let hash = hex(&digest::digest(&digest::SHA256, &plain).as_ref()[..8]);
        let (stem, extension) = path.rsplit_once('.').unwrap_or((path, ""));
        let hashed = path.starts_with("/pkg/");
        let address = if hashed { format!("{stem}.{hash}.{extension}") } else { path.to_owned() };
        match (hashed, extension) {
            (true, "css") => self.urls.css.clone_from(&address),
            (true, "js") => self.urls.js.clone_from(&address),
            (true, "wasm") => self.urls.wasm.clone_from(&address),
            _ => {}
        }
        let media_type = media_type(extension);
        self.files.insert(address, File { plain, brotli, gzip, hash, media_type, hashed });
    }
}

impl File {
    fn answer(&self, request: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        let (body, encoding) = self.encoded_for(request);
        let etag = self.etag(encoding);
        let cache = if self.hashed { "public, max-age=31536000, immutable" } else { "public, no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        let is_known = is_known_to(request, &etag);
        headers.insert(header::ETAG, HeaderValue::from_str(&etag).expect("hexadecimal and letters in quotes"));
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        *response.body_mut() = Body::from(body);
        response
    }

    /// Each form has one of its own (RFC 9110, section 8.8.3).
    fn etag(&self, encoding: Option<&str>) -> String {
        let hash = &self.hash;
        encoding.map_or_else(|| format!("\"{hash}\""), |encoding| format!("\"{hash}-{encoding}\""))
    }

    /// The smallest form that the browser takes.
    fn encoded_for(&self, request: &HeaderMap) -> (Bytes, Option<&'static str>) {
        let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let takes = |encoding: &str| {
            accepted.split(',').any(|offer| {
                let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
                name.trim().eq_ignore_ascii_case(encoding)
                    && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
            })
        };
        match self {
            Self { brotli: Some(brotli), .. } if takes("br") => (brotli.clone(), Some("br")),
            Self { gzip: Some(gzip), .. } if takes("gzip") => (gzip.clone(), Some("gzip")),
            Self { plain, .. } => (plain.clone(), None),
        }
    }
}

/// RFC 9110, section 13.1.2.
fn is_known_to(request: &HeaderMap, etag: &str) -> bool {
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == etag)
}

fn media_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(site: &Site, encoding: &'static str, known: Option<&HeaderValue>) -> Response {
        let mut request = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding))]);
        if let Some(known) = known {
            request.insert(header::IF_NONE_MATCH, known.clone());
        }
        site.answer("/a.txt", &request).unwrap()
    }

    #[test]
    fn each_form_of_a_file_has_a_tag_of_its_own_and_is_known_by_that_alone() {
        let mut site = Site::empty();
        let [plain, brotli, gzip] = ["plain", "brotli", "gzip"].map(|text| Bytes::from_static(text.as_bytes()));
        site.add("/a.txt", plain, Some(brotli), Some(gzip));
        let forms = ["br", "gzip", "identity"];
        let tags = forms.map(|form| ask(&site, form, None).headers()[header::ETAG].clone());
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[2] != tags[0], "{tags:?}");
        for (form, tag) in forms.iter().zip(&tags) {
            for known in &tags {
                let expected = if known == tag { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
                assert_eq!(ask(&site, form, Some(known)).status(), expected, "{form}, {known:?}");
            }
        }
    }
}
