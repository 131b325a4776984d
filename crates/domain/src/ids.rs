//! Every id is its own type, so that a draft's cannot stand where a message's is meant.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{}:{}", stringify!($name), self.0) }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> { Uuid::parse_str(s).map($name) }
        }
        impl From<Uuid> for $name { fn from(u: Uuid) -> Self { $name(u) } }
        impl From<$name> for Uuid { fn from(i: $name) -> Uuid { i.0 } }
    )+};
}

id! {
    /// A police force: the tenant.
    ForceId,
    PersonId,
    SessionId,
    TokenId,
    AccountId,
    /// One raw body as it came in.
    RawId,
    CorrespondentId,
    ConversationId,
    MessageId,
    MediaId,
    DraftId,
    PostId,
    CaseId,
    MeasureId,
    AssessmentId,
    ReferralId,
    AlertId,
    FindingId,
    TaskId,
    HeldId,
    EntryId,
    JobId,
    DutyId,
    /// One way to prove who one is: a passkey, a password, an authenticator app.
    CredentialId,
}
