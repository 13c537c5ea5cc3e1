//! What the body of a server function may know of the request that it serves, and do to the answer.

use std::sync::Arc;

use http::{HeaderMap, header, request::Parts};
use leptos::prelude::use_context;
use tower_cookies::Cookies;

use super::{Grant, Problem, cookie, ending::Ending, origin, person::Person, problem::code};
use crate::auth::{
    Account, Auth, Principal, PrincipalError, Tokens, Visit,
    access_token::Disbelief,
    device::Device,
    instance::Instance,
    login::Credentials,
    password::Password,
    refresh::{Look, RefreshError},
};
use crate::{ended::Refusal, fields::Fields};

/// The request behind a server function, or behind the page that is being rendered.
#[derive(Clone)]
pub struct Caller {
    auth: Arc<Auth>,
    public_origin: Arc<str>,
    headers: Arc<HeaderMap>,
    cookies: Cookies,
    visit: Arc<Visit>,
    /// While a page is rendered: what a look at the cookie showed.
    rendering: Option<Arrival>,
    /// Whom the same look showed.
    seen: Option<Arc<Account>>,
}

/// How a person arrives at a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    SignedIn(Principal),
    /// No session; if it was there and ended, why.
    SignedOut(Option<Refusal>),
    /// The cookie was kept back, since another site sent the person here.
    Unknown,
    /// The cookie is one that only a refresh may judge.
    Doubtful,
}

impl Caller {
    pub fn new(auth: Arc<Auth>, public_origin: Arc<str>, parts: &Parts, visit: Visit) -> Self {
        let cookies = parts.extensions.get::<Cookies>().cloned().unwrap_or_default();
        Self {
            auth,
            public_origin,
            headers: Arc::new(parts.headers.clone()),
            cookies,
            visit: Arc::new(visit),
            rendering: None,
            seen: None,
        }
    }

    /// For the page that is about to be rendered for someone who arrived like this.
    #[must_use]
    pub fn rendering(self, arrival: Arrival) -> Self {
        Self { rendering: Some(arrival), seen: None, ..self }
    }

    /// The one that the server has put into the context of every server function and every page.
    pub fn current() -> Result<Self, Problem> {
        use_context().ok_or_else(Problem::internal)
    }

    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    pub fn visit(&self) -> &Visit {
        &self.visit
    }

    pub fn arrival(&self) -> Option<Arrival> {
        self.rendering.clone()
    }

    /// For the page that is about to be rendered for whoever the cookie is for.
    pub async fn arrived(self) -> Result<Self, Problem> {
        let (arrival, seen) = self.look().await?;
        Ok(Self { rendering: Some(arrival), seen: seen.map(Arc::from), ..self })
    }

    /// With who has signed in there before.
    pub(super) fn visit_on_its_device(&self) -> Visit {
        Visit { device: cookie::device(&self.headers).map(Device::presented), ..(*self.visit).clone() }
    }

    pub(super) fn remember(&self, device: &Device) {
        self.cookies.add(cookie::keep_device(device.expose()));
    }

    /// Looks at the cookie without using it. Never rotates, never revokes, never clears.
    async fn look(&self) -> Result<(Arrival, Option<Box<Account>>), Problem> {
        let Ok(Some(presented)) = cookie::read(&self.headers) else {
            let kept_back = origin::came_from_another_site(&self.headers);
            return Ok((if kept_back { Arrival::Unknown } else { Arrival::SignedOut(None) }, None));
        };
        let arrival = match self.auth.look(presented).await? {
            Look::SignedIn(principal, account) => return Ok((Arrival::SignedIn(principal), account)),
            Look::SignedOut(why) => {
                tracing::info!(why = why.code(), "a refresh cookie was not honoured");
                // A stale cookie of no known session explains nothing to anybody.
                Arrival::SignedOut(Some(why).filter(|why| *why != Refusal::Invalid))
            }
            Look::Doubtful => Arrival::Doubtful,
        };
        Ok((arrival, None))
    }

    /// The account of whoever calls. A page that is being rendered is about the moment at which its cookie was looked at.
    pub async fn account(&self) -> Result<Account, Problem> {
        if let Some(seen) = &self.seen {
            return Ok(Account::clone(seen));
        }
        let principal = self.principal().await?;
        let account = self.auth.account(&principal).await?;
        account.ok_or_else(|| gone(&self.auth, &principal, &self.visit))
    }

    /// Who calls: from the bearer header and from nothing else, except while a page is rendered, when it is whoever arrived.
    pub async fn principal(&self) -> Result<Principal, Problem> {
        match &self.rendering {
            Some(Arrival::SignedIn(principal)) => Ok(principal.clone()),
            Some(_) => Err(Problem::unauthenticated()),
            None => bearer(&self.auth, &self.headers, || Visit::clone(&self.visit)).await,
        }
    }

    /// Somebody whose principal is known.
    pub fn person(&self, principal: Principal) -> Person<'_> {
        Person::new(self, principal)
    }

    /// How the session of the cookie ended. Asked for by a page of ours, or while one is rendered.
    pub async fn ending(&self) -> Result<Option<Ending>, Problem> {
        if self.rendering.is_none() {
            self.from_our_page()?;
        }
        let Ok(Some(presented)) = cookie::read(&self.headers) else { return Ok(None) };
        Ok(self.auth.ending(presented).await?.map(Ending::of))
    }

    /// Proof that one of our own pages asks. Only whoever has it gets at the cookie.
    pub fn from_our_page(&self) -> Result<OurPage<'_>, Problem> {
        if origin::is_ours(&self.headers, &self.public_origin) {
            return Ok(OurPage(self));
        }
        self.auth.not_ours(&self.visit);
        Err(Problem::new(403, code::CROSS_SITE, "Forbidden", "This request did not come from a page of this site."))
    }
}

/// A caller that is one of our own pages.
pub struct OurPage<'a>(&'a Caller);

impl OurPage<'_> {
    pub async fn sign_up(
        &self,
        username: String,
        password: &str,
        fields: &Fields,
        instance: &str,
    ) -> Result<Grant, Problem> {
        let credentials = Credentials { username, password: Password::new(password) };
        let tokens = self.0.auth.sign_up(credentials, fields, self.replaced(), &self.visit(instance)).await?;
        Ok(self.keep(&tokens))
    }

    pub async fn log_in(&self, username: String, password: &str, instance: &str) -> Result<Grant, Problem> {
        let credentials = Credentials { username, password: Password::new(password) };
        let tokens = self.0.auth.log_in(credentials, self.replaced(), &self.visit(instance)).await?;
        Ok(self.keep(&tokens))
    }

    pub async fn refresh(&self, in_step: bool, instance: &str) -> Result<Grant, Problem> {
        let Self(caller) = self;
        let twice = |cookie::Twice| {
            Problem::new(400, code::INVALID_REQUEST, "Bad Request", "The refresh cookie was sent more than once.")
        };
        let presented = cookie::read(&caller.headers).map_err(twice)?;
        let presented = presented.ok_or(RefreshError::Refused(Refusal::Invalid))?;
        let tokens = caller.auth.refresh(presented, in_step, &self.visit(instance)).await?;
        Ok(self.keep(&tokens))
    }

    /// With the client instance that the page names, an empty name being none, and with who has signed in there before.
    fn visit(&self, instance: &str) -> Visit {
        Visit { instance: Instance::named(instance), ..self.0.visit_on_its_device() }
    }

    /// For whom a plain form speaks, which has no access token to send: whoever the cookie is for. That nobody but our own page sent it,
    /// and with it the person, stands on the same two walls as a logout does: the check of the origin, and `SameSite=Strict`.
    pub async fn arrival(&self) -> Result<Arrival, Problem> {
        Ok(self.0.look().await?.0)
    }

    /// Ends all sessions of a person, this one too, and clears the cookie.
    pub async fn log_out_everywhere(&self, person: &Person<'_>) -> Result<(), Problem> {
        person.log_out_everywhere().await?;
        self.0.cookies.add(cookie::clear());
        Ok(())
    }

    /// Ends the session and clears the cookie, unless another one is meant. Empty: whichever it is.
    pub async fn log_out(&self, meant: &str) -> Result<(), Problem> {
        let Self(caller) = self;
        let meant = (!meant.is_empty()).then_some(meant);
        if caller.auth.log_out(self.replaced(), meant, &caller.visit).await? {
            caller.cookies.add(cookie::clear());
        }
        Ok(())
    }

    /// The session that a login takes the place of or a logout ends. A doubtful cookie is nobody's.
    fn replaced(&self) -> Option<&str> {
        cookie::read(&self.0.headers).unwrap_or_default()
    }

    /// The refresh token into the cookie, the access token to the page.
    fn keep(&self, tokens: &Tokens) -> Grant {
        if let Some(refresh) = &tokens.refresh {
            self.0.cookies.add(cookie::keep(&refresh.expose(), tokens.session_ends_in));
        }
        if let Some(device) = &tokens.device {
            self.0.remember(device);
        }
        Grant::of(tokens)
    }
}

/// The principal of a bearer token. One public answer for everything that is wrong with it; the real reason is told to the operator alone, with where it came from.
pub async fn bearer(auth: &Auth, headers: &HeaderMap, visit: impl FnOnce() -> Visit) -> Result<Principal, Problem> {
    let disbelieved = |why, token| {
        auth.disbelieved(why, token, &visit());
        Problem::invalid_token()
    };
    match presented(headers)? {
        Presented::Unreadable => Err(disbelieved(Disbelief::Form, "")),
        Presented::Token(token) => auth.principal(token).await.map_err(|error| match error {
            PrincipalError::Disbelieved(why) => disbelieved(why, token),
            PrincipalError::Store(error) => error.into(),
        }),
    }
}

/// What a request brings as an access token.
#[derive(Debug)]
pub enum Presented<'a> {
    Token(&'a str),
    /// No scheme with something behind it.
    Unreadable,
}

/// The access token that a request brings (RFC 6750, section 2.1), whatever it is worth.
pub fn presented(headers: &HeaderMap) -> Result<Presented<'_>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(Problem::unauthenticated()) };
    if values.next().is_some() {
        return Err(Problem::new(400, code::INVALID_REQUEST, "Bad Request", "Send one Authorization header."));
    }
    match value.to_str().ok().and_then(|text| text.split_once(' ')) {
        None => Ok(Presented::Unreadable),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Presented::Token(token)),
        Some(_) => Err(Problem::unauthenticated()),
    }
}

/// The same answer, for somebody who was verified and whose account or session is gone meanwhile.
pub fn gone(auth: &Auth, principal: &Principal, visit: &Visit) -> Problem {
    auth.gone(principal, visit);
    Problem::invalid_token()
}
