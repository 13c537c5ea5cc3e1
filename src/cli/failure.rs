//! Why a command did not do what it was told.

use std::process::ExitCode;

use crate::{
    auth::{StoreError, fields::FillError, operating::SetPasswordError, sign_up::SignupError},
    server::{CopiesError, StartError, config::ConfigErrors},
};

pub type Done = Result<(), Failure>;

/// What is said on standard error, and the code that the process ends with.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// What was asked for makes no sense.
    pub fn senseless(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    pub fn exit(self) -> ExitCode {
        eprintln!("hallpass: {}", self.message);
        ExitCode::from(self.code)
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::senseless(errors.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Config(errors) => errors.into(),
            error => Self::new(error.to_string()),
        }
    }
}

impl From<CopiesError> for Failure {
    fn from(error: CopiesError) -> Self {
        match error {
            CopiesError::Start(error) => error.into(),
            error => Self::new(error.to_string()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<SignupError> for Failure {
    fn from(error: SignupError) -> Self {
        Self::new(match error {
            SignupError::Unacceptable { username, password, .. } => {
                let username = username.map(|why| why.to_string());
                let password = password.as_ref().map(ToString::to_string);
                username.into_iter().chain(password).collect::<Vec<_>>().join(" ")
            }
            other => other.to_string(),
        })
    }
}

impl From<FillError> for Failure {
    fn from(error: FillError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<SetPasswordError> for Failure {
    fn from(error: SetPasswordError) -> Self {
        Self::new(error.to_string())
    }
}
