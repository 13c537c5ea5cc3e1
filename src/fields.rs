//! What accounts have beside a name and a password: lines of text, declared in [`own`](crate::own).

use serde::{Deserialize, Serialize};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// In forms, in JSON, in the database and in tokens: small letters, digits and `_`.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// In characters.
    pub longest: usize,
    pub asked: Asked,
    /// Whether access tokens carry it: for every service that they are sent to, as it was when the token was made.
    pub in_tokens: bool,
}

/// Whether people are asked for a field when they sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// And cannot leave it empty.
    Needed,
    Optional,
    /// It is for the operator, or a page of yours, to fill in.
    Never,
}

/// What is wrong with what somebody wrote into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadField {
    Empty(Field),
    Long(Field),
    Characters(Field),
}

impl BadField {
    pub fn field(self) -> Field {
        match self {
            Self::Empty(field) | Self::Long(field) | Self::Characters(field) => field,
        }
    }

    /// For whoever wrote it.
    pub fn sentence(self) -> String {
        let Field { label, longest, .. } = self.field();
        match self {
            Self::Empty(_) => format!("{label} must not be empty."),
            Self::Long(_) => format!("{label} can have at most {longest} characters."),
            Self::Characters(_) => format!("{label} must be one line of text."),
        }
    }
}

impl Field {
    /// One that people must fill in to sign up. `longest` in characters.
    pub const fn needed(name: &'static str, label: &'static str, longest: usize) -> Self {
        Self { name, label, longest, asked: Asked::Needed, in_tokens: false }
    }

    /// One that people may fill in when they sign up.
    pub const fn optional(name: &'static str, label: &'static str, longest: usize) -> Self {
        Self { asked: Asked::Optional, ..Self::needed(name, label, longest) }
    }

    /// One that nobody can fill in for themselves.
    pub const fn assigned(name: &'static str, label: &'static str, longest: usize) -> Self {
        Self { asked: Asked::Never, ..Self::needed(name, label, longest) }
    }

    /// The same, carried by access tokens.
    #[must_use]
    pub const fn in_tokens(self) -> Self {
        Self { in_tokens: true, ..self }
    }

    /// What is stored of what somebody wrote: without the spaces around it.
    pub fn accept(self, written: &str) -> Result<Filled, BadField> {
        let value = written.trim();
        if value.is_empty() && self.asked == Asked::Needed {
            return Err(BadField::Empty(self));
        }
        if value.chars().count() > self.longest {
            return Err(BadField::Long(self));
        }
        if value.chars().any(char::is_control) {
            return Err(BadField::Characters(self));
        }
        Ok(Filled { name: self.name.to_owned(), value: value.to_owned() })
    }
}

/// A field, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    pub name: String,
    pub value: String,
}

/// Those of one account, or what somebody typed for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(Vec<Filled>);

impl Fields {
    /// Empty, if it was never filled in.
    pub fn get(&self, field: Field) -> &str {
        self.0.iter().find(|filled| filled.name == field.name).map_or("", |filled| &filled.value)
    }

    /// With its name, if there is anything in it.
    pub fn filled(&self, field: Field) -> Option<Filled> {
        self.0.iter().find(|filled| filled.name == field.name && !filled.value.is_empty()).cloned()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Filled> {
        self.0.iter()
    }
}

/// One field with what somebody typed into it.
impl From<(Field, String)> for Fields {
    fn from((field, value): (Field, String)) -> Self {
        Self(vec![Filled { name: field.name.to_owned(), value }])
    }
}

impl FromIterator<Filled> for Fields {
    fn from_iter<T: IntoIterator<Item = Filled>>(filled: T) -> Self {
        Self(filled.into_iter().collect())
    }
}
