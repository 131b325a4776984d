//! `security.revoke_token`: a token stops working at once.

use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::security::store::{self, Token};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::TokenId;
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeToken {
    pub token: TokenId,
}

impl Act for RevokeToken {
    const NAME: &'static str = "security.revoke_token";
    const SAYS: &'static str = "Take a token back; its next request is refused.";
    type Facts = Token;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Token, Stop> {
        Ok(store::token(tx, env.force, self.token).await?.ok_or_else(|| not_found("token"))?)
    }

    fn questions(&self, token: &Token, env: &Env<'_>) -> Vec<Question> {
        let entity = Entity::new("Token", self.token)
            .with("force", Ref::new("Force", env.force))
            .with("own", env.person() == Some(token.person))
            .with("acts", Value::texts(&token.acts));
        vec![Question::new(Self::NAME, self.token, entity)]
    }

    fn rule(&self, token: &Token, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        Ok(Step::to(()).entry(Entry::default().id("token", self.token).id("person", token.person)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::revoke_token(tx, env.force, self.token, env.at()).await?;
        Ok(Done::id(self.token))
    }
}
