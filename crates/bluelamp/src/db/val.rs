//! Values that go into a statement and come out of a row, the same on both databases.

use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use uuid::Uuid;

/// A bound value. Nulls know their type, because PostgreSQL asks for it. Booleans are 0 and 1 on both.
#[derive(Debug, Clone, PartialEq)]
pub enum Val {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
    Id(Option<Uuid>),
    Real(Option<f64>),
    /// For `{in:$n}`.
    Ids(Vec<Uuid>),
    /// For `{in_texts:$n}`.
    Texts(Vec<String>),
}

macro_rules! into_val {
    ($($t:ty => |$v:ident| $e:expr, $none:expr);+ $(;)?) => {$(
        impl From<$t> for Val { fn from($v: $t) -> Val { $e } }
        impl From<Option<$t>> for Val { fn from(o: Option<$t>) -> Val { match o { Some($v) => $e, None => $none } } }
    )+};
}

into_val! {
    i64 => |v| Val::Int(Some(v)), Val::Int(None);
    i32 => |v| Val::Int(Some(v.into())), Val::Int(None);
    u32 => |v| Val::Int(Some(v.into())), Val::Int(None);
    usize => |v| Val::Int(Some(i64::try_from(v).unwrap_or(i64::MAX))), Val::Int(None);
    bool => |v| Val::Int(Some(i64::from(v))), Val::Int(None);
    f64 => |v| Val::Real(Some(v)), Val::Real(None);
    String => |v| Val::Text(Some(v)), Val::Text(None);
    Vec<u8> => |v| Val::Blob(Some(v)), Val::Blob(None);
    Uuid => |v| Val::Id(Some(v)), Val::Id(None);
    Instant => |v| Val::Int(Some(v.0)), Val::Int(None);
    jiff::civil::Date => |v| Val::Text(Some(v.to_string())), Val::Text(None);
}

impl From<&str> for Val {
    fn from(v: &str) -> Val {
        Val::Text(Some(v.to_owned()))
    }
}
impl From<Option<&str>> for Val {
    fn from(v: Option<&str>) -> Val {
        Val::Text(v.map(str::to_owned))
    }
}
impl From<&String> for Val {
    fn from(v: &String) -> Val {
        Val::Text(Some(v.clone()))
    }
}
impl From<&[u8]> for Val {
    fn from(v: &[u8]) -> Val {
        Val::Blob(Some(v.to_vec()))
    }
}

/// What a column can be read as.
pub trait FromCol: Sized {
    fn from_val(v: Val) -> Option<Self>;
    /// A value of the kind to ask the driver for.
    const KIND: Kind;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int,
    Text,
    Blob,
    Id,
    Real,
}

macro_rules! from_col {
    ($($t:ty, $kind:ident, |$v:ident| $e:expr);+ $(;)?) => {$(
        impl FromCol for $t {
            fn from_val(v: Val) -> Option<Self> { match v { Val::$kind(Some($v)) => $e, _ => None } }
            const KIND: Kind = Kind::$kind;
        }
        impl FromCol for Option<$t> {
            fn from_val(v: Val) -> Option<Self> { match v { Val::$kind(None) => Some(None), other => <$t as FromCol>::from_val(other).map(Some) } }
            const KIND: Kind = Kind::$kind;
        }
    )+};
}

from_col! {
    i64, Int, |v| Some(v);
    bool, Int, |v| Some(v != 0);
    usize, Int, |v| usize::try_from(v).ok();
    f64, Real, |v| Some(v);
    String, Text, |v| Some(v);
    Vec<u8>, Blob, |v| Some(v);
    Uuid, Id, |v| Some(v);
    Instant, Int, |v| Some(Instant(v));
    jiff::civil::Date, Text, |v| v.parse().ok();
}

macro_rules! ids {
    ($($t:ident),+ $(,)?) => {
        into_val! { $($t => |v| Val::Id(Some(v.0)), Val::Id(None));+ }
        from_col! { $($t, Id, |v| Some($t(v)));+ }
    };
}

ids! {
    ForceId, PersonId, SessionId, TokenId, AccountId, RawId, CorrespondentId, ConversationId, MessageId, MediaId, DraftId, PostId,
    CaseId, MeasureId, AssessmentId, ReferralId, AlertId, FindingId, TaskId, HeldId, EntryId, JobId, DutyId, CredentialId,
}

/// The list of bound values: `vals![force, id, "text"]`.
#[macro_export]
macro_rules! vals {
    ($($v:expr),* $(,)?) => { vec![$($crate::db::Val::from($v)),*] };
}
