//! Why a session ended or a refresh was refused, in one word each.
//!
//! The words are stored with the session, answered by `/api/refresh` and `/api/v1/refresh-token` as `code`, and are the
//! `reason` in the address of the page that explains them, so every room knows this one and it knows none.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What ended a session for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EndReason {
    /// The person signed out.
    SignedOut,
    /// Ended from another device or by the operator.
    Revoked,
    /// A refresh token came back that had been used up: a thief, or a restored backup.
    Reused,
    /// The same browser signed in again.
    Replaced,
    /// The password was changed elsewhere.
    PasswordChanged,
    /// The account was disabled.
    Disabled,
}

impl EndReason {
    pub const ALL: [Self; 6] =
        [Self::SignedOut, Self::Revoked, Self::Reused, Self::Replaced, Self::PasswordChanged, Self::Disabled];

    pub fn code(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::Reused => "reused",
            Self::Replaced => "replaced",
            Self::PasswordChanged => "password_changed",
            Self::Disabled => "disabled",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// Why a refresh token buys nothing any more. Definite: whoever gets one of these is signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// Not a token of ours, or one from before a restored backup. No alarm.
    Invalid,
    /// Past the idle or the absolute lifetime.
    Expired,
    Ended(EndReason),
}

impl Refusal {
    pub fn code(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Expired => "expired",
            Self::Ended(reason) => reason.code(),
        }
    }

    /// Whether the person may go on where they were by signing in again: it was not they who signed out, and nothing forbids it.
    pub fn can_sign_in_again(self) -> bool {
        !matches!(self, Self::Ended(EndReason::SignedOut | EndReason::Disabled))
    }

    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "invalid" => Some(Self::Invalid),
            "expired" => Some(Self::Expired),
            other => EndReason::from_code(other).map(Self::Ended),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_names_exactly_one_refusal() {
        let all = EndReason::ALL.into_iter().map(Refusal::Ended).chain([Refusal::Invalid, Refusal::Expired]);
        for refusal in all {
            assert_eq!(Refusal::from_code(refusal.code()), Some(refusal));
        }
        assert_eq!(Refusal::from_code("network"), None);
    }
}
