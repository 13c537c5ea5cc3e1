//! A browser, as far as the server sees one.

use std::net::{IpAddr, SocketAddr};

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, StatusCode, header};
use serde_json::Value;

use super::harness::{Answer, App, FIREFOX_ON_LINUX, HERE, ORIGIN, PASSWORD};

/// A browser with its cookie jar, on a page of ours.
#[derive(Clone)]
pub struct Browser<'a> {
    app: &'a App,
    pub cookie: Option<String>,
    /// The cookie by which the device is known.
    pub device: Option<String>,
    pub from: IpAddr,
    pub token: String,
    pub user_agent: &'static str,
    /// What it calls itself; empty for one that keeps no name.
    pub instance: &'static str,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a App) -> Self {
        Self {
            app,
            cookie: None,
            device: None,
            from: HERE,
            token: String::new(),
            user_agent: FIREFOX_ON_LINUX,
            instance: "",
        }
    }

    /// One at another address.
    pub fn from(app: &'a App, from: IpAddr) -> Self {
        Self { from, ..Self::new(app) }
    }

    /// The same, by another name; empty for none.
    #[must_use]
    pub fn named(self, instance: &'static str) -> Self {
        Self { instance, ..self }
    }

    /// The same, on its way to another instance.
    pub fn at<'b>(&self, app: &'b App) -> Browser<'b> {
        let Self { cookie, device, from, token, user_agent, instance, .. } = self.clone();
        Browser { app, cookie, device, from, token, user_agent, instance }
    }

    /// Another browser, signed in with [`PASSWORD`].
    pub async fn signed_in(app: &'a App, name: &str, user_agent: &'static str) -> Self {
        let mut browser = Self { user_agent, ..Self::new(app) };
        let answer = browser.log_in(name, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        browser
    }

    pub async fn sign_up(&mut self, name: &str, password: &str) -> Answer {
        self.enter("/api/signup", name, password).await
    }

    pub async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        self.enter("/api/login", name, password).await
    }

    async fn enter(&mut self, path: &str, name: &str, password: &str) -> Answer {
        self.call(path, &[("username", name), ("password", password), ("instance", self.instance)]).await
    }

    pub async fn refresh(&mut self) -> Answer {
        self.call("/api/refresh", &[("instance", self.instance)]).await
    }

    pub async fn refresh_in_step(&mut self) -> Answer {
        self.call("/api/refresh", &[("in_step", "true"), ("instance", self.instance)]).await
    }

    pub async fn log_out(&mut self) -> Answer {
        self.call("/api/logout", &[]).await
    }

    pub async fn me(&self) -> Answer {
        self.ask("/api/me", &[]).await
    }

    /// Changes the password, and keeps what comes back.
    pub async fn change_password(&mut self, current: &str, new: &str) -> Answer {
        let answer = self.ask("/api/change_password", &[("current_password", current), ("new_password", new)]).await;
        self.keep(&answer);
        answer
    }

    /// Calls a server function behind sign-in, with the access token.
    pub async fn ask(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request("POST", path).header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        self.app.send(form(request, fields)).await
    }

    /// Goes to a page.
    pub async fn open(&self, path: &str) -> Answer {
        let request = self.request("GET", path).header(header::ACCEPT, "text/html,*/*;q=0.8");
        self.app.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a plain form, as a page without scripts does. Keeps what comes back.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request("POST", path)
            .header(header::ACCEPT, "text/html,*/*;q=0.8")
            .header(header::REFERER, format!("{ORIGIN}/login"));
        let answer = self.app.send(form(request, fields)).await;
        self.keep(&answer);
        answer
    }

    /// Calls a server function, as the app does. Keeps what comes back.
    pub async fn call(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request("POST", path).header(header::ACCEPT, "application/json");
        let answer = self.app.send(form(request, fields)).await;
        self.keep(&answer);
        answer
    }

    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::USER_AGENT, self.user_agent)
            .extension(ConnectInfo(SocketAddr::new(self.from, 4711)));
        let jar = [("__Host-refresh", &self.cookie), ("__Host-device", &self.device)];
        let cookies = jar.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
        match cookies.collect::<Vec<_>>().join("; ") {
            none if none.is_empty() => request,
            cookies => request.header(header::COOKIE, cookies),
        }
    }

    fn keep(&mut self, answer: &Answer) {
        if let Some(cookie) = answer.set_cookie() {
            self.cookie = (!cookie.is_empty()).then_some(cookie);
        }
        if let Some(device) = answer.cookie("__Host-device") {
            self.device = Some(device);
        }
        if let Some(token) = serde_json::from_str::<Value>(&answer.body)
            .ok()
            .and_then(|json| Some(json["access_token"].as_str()?.to_owned()))
        {
            self.token = token;
        }
    }
}

pub fn form(request: http::request::Builder, fields: &[(&str, &str)]) -> Request<Body> {
    let body = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&");
    request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body)).unwrap()
}

/// As a value of a form or a query.
pub fn escaped(value: &str) -> String {
    use std::fmt::Write;
    value.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() {
            escaped.push(byte.into());
        } else {
            write!(escaped, "%{byte:02X}").unwrap();
        }
        escaped
    })
}
