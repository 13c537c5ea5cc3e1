//! What can happen to accounts and sessions, by the names of the OWASP Logging Vocabulary Cheat Sheet, where that has one.

/// A kind of event. Its name is what is stored, logged and shown to the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    UserCreated,
    /// The account was disabled.
    UserArchived,
    /// The account was enabled again.
    UserUpdated,
    UserDeleted,
    /// A field of the account was filled in.
    FieldChanged,
    /// The operator had the failures to sign in forgotten.
    Unlocked,
    /// A session began.
    LoginSuccess,
    LoginFail,
    /// An account was closed to guesses.
    LoginLock,
    /// Too much was asked for.
    LimitExceeded,
    /// The vocabulary has no sign-out.
    Logout,
    /// The same browser signed in anew; not in the vocabulary.
    SessionReplaced,
    /// A session was ended from another one, or by the operator.
    TokenRevoked,
    TokenReuse,
    PasswordChange,
    PasswordChangeFail,
    /// An access token that we had signed for somebody was used when its time or its session was over.
    UseAfterExpire,
    /// An access token was refused for something else; not in the vocabulary.
    TokenInvalid,
    /// A request for the cookie did not come from a page of ours.
    Csrf,
    /// The operator had the next signing key published.
    KeyPublished,
    /// The operator put a signing key in the place of all others.
    KeysReplaced,
    /// The operator put a backup in the place of the database.
    Restored,
}

/// Whether what was tried came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Failure,
}

/// How loud it is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

impl EventKind {
    pub const ALL: [Self; 22] = [
        Self::UserCreated,
        Self::UserArchived,
        Self::UserUpdated,
        Self::UserDeleted,
        Self::FieldChanged,
        Self::Unlocked,
        Self::LoginSuccess,
        Self::LoginFail,
        Self::LoginLock,
        Self::LimitExceeded,
        Self::Logout,
        Self::SessionReplaced,
        Self::TokenRevoked,
        Self::TokenReuse,
        Self::PasswordChange,
        Self::PasswordChangeFail,
        Self::UseAfterExpire,
        Self::TokenInvalid,
        Self::Csrf,
        Self::KeyPublished,
        Self::KeysReplaced,
        Self::Restored,
    ];

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user_created",
            Self::UserArchived => "user_archived",
            Self::UserUpdated => "user_updated",
            Self::UserDeleted => "user_deleted",
            Self::FieldChanged => "user_field_changed",
            Self::Unlocked => "user_unlocked",
            Self::LoginSuccess => "authn_login_success",
            Self::LoginFail => "authn_login_fail",
            Self::LoginLock => "authn_login_lock",
            Self::LimitExceeded => "excess_rate_limit_exceeded",
            Self::Logout => "session_logout",
            Self::SessionReplaced => "session_replaced",
            Self::TokenRevoked => "authn_token_revoked",
            Self::TokenReuse => "authn_token_reuse",
            Self::PasswordChange => "authn_password_change",
            Self::PasswordChangeFail => "authn_password_change_fail",
            Self::UseAfterExpire => "session_use_after_expire",
            Self::TokenInvalid => "authn_token_invalid",
            Self::Csrf => "malicious_csrf",
            Self::KeyPublished => "signing_key_published",
            Self::KeysReplaced => "signing_keys_replaced",
            Self::Restored => "database_restored",
        }
    }

    pub fn outcome(self) -> Outcome {
        match self {
            Self::LoginFail
            | Self::LoginLock
            | Self::LimitExceeded
            | Self::TokenReuse
            | Self::PasswordChangeFail
            | Self::UseAfterExpire
            | Self::TokenInvalid
            | Self::Csrf => Outcome::Failure,
            _ => Outcome::Success,
        }
    }

    /// After the vocabulary's levels, but for what anybody can cause at no cost: a program that was asleep comes with a token whose time is over, and whoever
    /// can send a request can make up a token, or send it from nowhere.
    pub fn severity(self) -> Severity {
        match self {
            Self::TokenReuse => Severity::Critical,
            Self::LoginFail
            | Self::LoginLock
            | Self::LimitExceeded
            | Self::PasswordChangeFail
            | Self::Csrf
            | Self::UserArchived
            | Self::UserDeleted
            | Self::KeysReplaced
            | Self::Restored => Severity::Warning,
            _ => Severity::Info,
        }
    }
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_exactly_one_kind_and_can_stand_in_a_line_of_a_log() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_name(kind.name()), Some(kind));
            assert!(kind.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", kind.name());
        }
    }
}
