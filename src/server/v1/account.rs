//! Who is signed in, what happened to their account, and a new password for it.

#![expect(unused_qualifications, reason = "utoipa writes out the paths of what it is given")]

use std::collections::BTreeMap;

use axum::{Json, body::Bytes, extract::State};
use http::HeaderMap;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{Object, Schema, Type},
    },
};

use super::{
    asked::{After, Named, SignedIn, json},
    refusals::{Always, OfBearer, OfBody, OfPasswordChange, OfPlace},
};
use crate::{
    api::{
        Problem,
        activity::{self, What},
        password,
    },
    ended::EndReason,
    fields::Filled,
    server::state::AppState,
};

#[derive(Serialize, ToSchema)]
pub struct Me {
    #[schema(format = "uuid")]
    id: String,
    username: String,
    #[schema(format = "uuid")]
    session_id: String,
    /// When a password was last given, in seconds since the Unix epoch.
    authenticated_at: u64,
    /// What the account has beside a name and a password, by name; left out where that is nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, String>,
}

/// Something that happened to an account.
#[derive(Serialize, ToSchema)]
pub struct Happening {
    #[schema(format = "uuid")]
    id: String,
    /// Seconds since the Unix epoch.
    at: u64,
    kind: Kind,
    /// Why a session ended, of `session_ended`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<Why>,
    /// From where, in words. Without it, the operator did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<String>,
    /// Where the session was that was ended from elsewhere, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ended_device: Option<String>,
}

/// More kinds may come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HappeningKind)]
enum Kind {
    AccountMade,
    SignedIn,
    SignInFailed,
    /// Signing in was refused after too many tries.
    TooManyTries,
    SignedOut,
    SessionEnded,
    PasswordChanged,
    PasswordChangeFailed,
    AccountDisabled,
    AccountEnabled,
    /// Something that the account has beside a name and a password.
    DetailsChanged,
    /// Failures to sign in were forgotten.
    Unlocked,
}

/// Why a session ended, in the word that a refresh is refused with.
struct Why(EndReason);

/// A page of the list, the latest first.
#[derive(Serialize, ToSchema)]
pub struct Activity {
    activity: Vec<Happening>,
    /// What to ask for as `after`, if there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct ChangePasswordRequest {
    #[schema(format = "password")]
    current_password: String,
    #[schema(format = "password")]
    new_password: String,
}

#[derive(Serialize, ToSchema)]
pub struct PasswordChanged {
    /// How many other sessions were ended by it.
    ended: u32,
}

/// Whose access token this is.
#[utoipa::path(get, path = "/me", tag = "account", security(("access_token" = [])),
    responses(Always, OfBearer, (status = 200, description = "Whoever calls.", body = Me)))]
pub(super) async fn me(
    State(state): State<AppState>,
    Named { principal, username }: Named,
) -> Result<Json<Me>, Problem> {
    let fields = state.auth.fields(principal.user_id()).await?;
    Ok(Json(Me {
        id: principal.user_id().to_string(),
        username: username.to_string(),
        session_id: principal.session_id().to_string(),
        authenticated_at: principal.authenticated_at(),
        fields: fields.iter().map(|Filled { name, value }| (name.clone(), value.clone())).collect(),
    }))
}

/// What happened to the account lately, ten at a time.
#[utoipa::path(get, path = "/activity", tag = "account", params(After), security(("access_token" = [])),
    responses(Always, OfBearer, OfPlace, (status = 200, description = "A page of it.", body = Activity)))]
pub(super) async fn activity(signed_in: SignedIn, after: After) -> Result<Json<Activity>, Problem> {
    let activity::Activity { happenings, next } = signed_in.person().activity(after.place()).await?;
    Ok(Json(Activity { activity: happenings.into_iter().map(Happening::of).collect(), next }))
}

/// Changes the password and ends every other session.
#[utoipa::path(post, path = "/change-password", tag = "account", request_body = ChangePasswordRequest, security(("access_token" = [])),
    responses(Always, OfBody, OfBearer, OfPasswordChange, (status = 200, description = "Changed.", body = PasswordChanged)))]
pub(super) async fn change_password(
    signed_in: SignedIn,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<PasswordChanged>, Problem> {
    let ChangePasswordRequest { current_password, new_password } = json(&headers, &body)?;
    let password::PasswordChanged { ended } =
        signed_in.person().change_password_of_a_program(&current_password, &new_password).await?;
    Ok(Json(PasswordChanged { ended }))
}

impl Happening {
    fn of(happening: activity::Happening) -> Self {
        let activity::Happening { id, at, what, device, address, ended_device } = happening;
        let (kind, reason) = match what {
            What::AccountMade => (Kind::AccountMade, None),
            What::SignedIn => (Kind::SignedIn, None),
            What::SignInFailed => (Kind::SignInFailed, None),
            What::TooManyTries => (Kind::TooManyTries, None),
            What::SignedOut => (Kind::SignedOut, None),
            What::SessionEnded(reason) => (Kind::SessionEnded, Some(Why(reason))),
            What::PasswordChanged => (Kind::PasswordChanged, None),
            What::PasswordChangeFailed => (Kind::PasswordChangeFailed, None),
            What::AccountDisabled => (Kind::AccountDisabled, None),
            What::AccountEnabled => (Kind::AccountEnabled, None),
            What::DetailsChanged => (Kind::DetailsChanged, None),
            What::Unlocked => (Kind::Unlocked, None),
        };
        let address = (!address.is_empty()).then_some(address);
        Self { id, at: super::sessions::seconds(&at), kind, reason, device, address, ended_device }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.code())
    }
}

impl PartialSchema for Why {
    fn schema() -> RefOr<Schema> {
        let codes = EndReason::ALL.map(EndReason::code);
        Object::builder().schema_type(Type::String).enum_values(Some(codes)).into()
    }
}

impl ToSchema for Why {
    fn name() -> std::borrow::Cow<'static, str> {
        "EndReason".into()
    }
}
