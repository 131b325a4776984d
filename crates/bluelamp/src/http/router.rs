//! Every route on one page, each with the act or the reading it needs (I12: a golden list holds this).

use super::{api, events, headers, lists};
use crate::app::App;
use axum::Router;
use axum::routing::{MethodRouter, get, post};
use std::sync::LazyLock;

/// One route. `act` is the act it does, `read.…` the reading it needs, or `open` with why in the golden list.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub act: &'static str,
    pub to: MethodRouter<App>,
}

macro_rules! route {
    (GET $path:literal, $act:literal, $to:path) => {
        Route { method: "GET", path: $path, act: $act, to: get($to) }
    };
    (POST $path:literal, $act:literal, $to:path) => {
        Route { method: "POST", path: $path, act: $act, to: post($to) }
    };
}

/// The routes of the staff listener.
pub fn staff() -> Vec<Route> {
    vec![
        route!(GET "/assets/{name}", "open", super::assets::serve),
        route!(GET "/events", "read.own", events::get_events),
        route!(GET "/", "read.own", get_home),
        route!(GET "/demo", "open", crate::demo::pages::get_chooser),
        route!(POST "/demo/as", "open", crate::demo::pages::post_as),
        // api
        route!(GET "/api/openapi.json", "open", api::get_openapi),
        route!(POST "/api/v1/acts/{act}", "by its name", api::post_act),
        route!(GET "/api/v1/people", "read.people", lists::get_list),
        route!(GET "/api/v1/accounts", "read.register", lists::get_list),
        route!(GET "/api/v1/messages", "read.desk", lists::get_list),
        route!(GET "/api/v1/alerts", "read.desk", lists::get_list),
        route!(GET "/api/v1/quarantine", "read.desk", lists::get_list),
        route!(GET "/api/v1/drafts", "read.drafts", lists::get_list),
        route!(POST "/api/v1/pictures", "read.drafts", lists::post_picture),
        route!(GET "/api/v1/cases", "read.drafts", lists::get_list),
        route!(GET "/api/v1/measures", "read.moderation", lists::get_list),
        route!(GET "/api/v1/prompts", "read.moderation", lists::get_list),
        route!(GET "/api/v1/tasks", "read.own", lists::get_list),
        route!(GET "/api/v1/held", "read.own", lists::get_list),
        route!(GET "/api/v1/entries", "read.ledger", lists::get_list),
        route!(GET "/help", "open", super::help::get_help),
        route!(GET "/accessibility", "open", super::help::get_accessibility),
        route!(GET "/help/api", "open", super::help::get_api),
        route!(GET "/help/problems", "open", super::help::get_problems),
        // people
        route!(GET "/people", "read.people", crate::security::pages::people::get_people),
        route!(GET "/people/new", "read.people", crate::security::pages::people::get_new),
        route!(POST "/people/new", "people.invite", crate::security::pages::people::post_new),
        route!(GET "/people/{person}", "read.people", crate::security::pages::people::get_person),
        route!(POST "/people/{person}", "people.change_person", crate::security::pages::people::post_change),
        route!(POST "/people/{person}/roles", "people.grant_role", crate::security::pages::people::post_grant),
        route!(POST "/people/{person}/roles/revoke", "people.revoke_role", crate::security::pages::people::post_revoke),
        route!(POST "/people/{person}/training", "people.record_training", crate::security::pages::people::post_training),
        route!(POST "/people/{person}/leave", "people.leave", crate::security::pages::people::post_leave),
        route!(POST "/people/{person}/link", "security.make_link", crate::security::pages::people::post_link),
        route!(POST "/people/{person}/accounts", "accounts.authorise", crate::accounts::pages::post_authorise),
        route!(POST "/people/{person}/accounts/withdraw", "accounts.withdraw_authorisation", crate::accounts::pages::post_withdraw),
        route!(GET "/tasks", "read.own", crate::people::pages::get_tasks),
        route!(POST "/tasks/{task}/done", "people.settle_task", crate::people::pages::post_done),
        // security
        route!(GET "/sign-in", "open", crate::security::pages::sign_in::get_sign_in),
        route!(POST "/sign-in/password", "open", crate::security::pages::sign_in::post_password),
        route!(POST "/sign-in/code", "security.sign_in", crate::security::pages::sign_in::post_code),
        route!(POST "/sign-in/passkey/start", "open", crate::security::pages::sign_in::post_passkey_start),
        route!(POST "/sign-in/passkey/finish", "security.sign_in", crate::security::pages::sign_in::post_passkey_finish),
        route!(POST "/sign-out", "security.end_session", crate::security::pages::sign_in::post_sign_out),
        route!(GET "/invite/{secret}", "open", crate::security::pages::enrol::get_invite),
        route!(POST "/invite/{secret}/password", "open", crate::security::pages::enrol::post_password),
        route!(POST "/invite/{secret}/code", "people.accept_invite", crate::security::pages::enrol::post_code),
        route!(GET "/me", "read.own", crate::security::pages::me::get_me),
        route!(GET "/me/prove", "read.own", crate::security::pages::prove::get_prove),
        route!(POST "/me/prove", "security.sign_in", crate::security::pages::prove::post_prove),
        route!(POST "/me/password", "security.add_credential", crate::security::pages::me::post_password),
        route!(POST "/me/app", "read.own", crate::security::pages::me::post_app),
        route!(POST "/me/app/code", "security.add_credential", crate::security::pages::me::post_app_code),
        route!(POST "/me/passkeys/start", "read.own", crate::security::pages::me::post_passkey_start),
        route!(POST "/me/passkeys/finish", "security.add_credential", crate::security::pages::me::post_passkey_finish),
        route!(POST "/me/credentials/{credential}/remove", "security.remove_credential", crate::security::pages::me::post_remove),
        route!(POST "/me/recovery-codes", "security.make_recovery_codes", crate::security::pages::me::post_recovery_codes),
        route!(POST "/me/sessions/{session}/end", "security.end_session", crate::security::pages::me::post_end_session),
        route!(POST "/me/tokens", "security.issue_token", crate::security::pages::tokens::post_token),
        route!(POST "/me/tokens/{token}/revoke", "security.revoke_token", crate::security::pages::tokens::post_revoke),
        route!(GET "/security/sessions", "read.sessions", crate::security::pages::sessions::get_sessions),
        route!(POST "/security/sessions/{session}/end", "security.end_session", crate::security::pages::sessions::post_end),
        // accounts
        route!(GET "/accounts", "read.register", crate::accounts::pages::get_register),
        route!(POST "/accounts", "accounts.register", crate::accounts::pages::post_register),
        route!(GET "/accounts.csv", "read.register", crate::accounts::pages::get_csv),
        route!(GET "/accounts/new", "read.register", crate::accounts::pages::get_new),
        route!(GET "/accounts/{id}", "read.register", crate::accounts::pages::get_account),
        route!(POST "/accounts/{id}/change", "accounts.change", crate::accounts::pages::post_change),
        route!(POST "/accounts/{id}/monitoring", "accounts.set_monitoring", crate::accounts::pages::post_monitoring),
        route!(POST "/accounts/{id}/connect", "accounts.connect", crate::accounts::pages::post_connect),
        route!(POST "/accounts/{id}/disconnect", "accounts.disconnect", crate::accounts::pages::post_disconnect),
        route!(POST "/accounts/{id}/freeze", "accounts.freeze", crate::accounts::pages::post_freeze),
        route!(POST "/accounts/{id}/thaw", "accounts.thaw", crate::accounts::pages::post_thaw),
        route!(POST "/accounts/{id}/protection", "accounts.record_protection", crate::accounts::pages::post_protection),
        route!(POST "/accounts/{id}/close", "accounts.close", crate::accounts::pages::post_close),
        route!(GET "/public", "open", crate::accounts::public::to_public),
        // intake
        route!(GET "/media/{id}", "read.desk", crate::intake::pages::get_copy),
        route!(GET "/media/{id}/original", "read.desk", crate::intake::pages::get_original),
        // publishing
        route!(GET "/publishing", "read.drafts", crate::publishing::pages::list::get_list),
        route!(GET "/publishing/new", "read.drafts", crate::publishing::pages::composer::get_new),
        route!(POST "/publishing/new", "publishing.create_draft", crate::publishing::pages::composer::post_new),
        route!(POST "/publishing/new/publish", "publishing.publish", crate::publishing::pages::composer::post_new_publish),
        route!(POST "/publishing/new/autosave", "read.drafts", crate::publishing::pages::composer::post_autosave_new),
        route!(POST "/publishing/new/upload", "read.drafts", crate::publishing::pages::composer::post_upload_new),
        route!(POST "/publishing/check", "read.drafts", crate::publishing::pages::composer::post_check),
        route!(GET "/publishing/media/{object}", "read.drafts", crate::publishing::pages::list::get_media),
        route!(GET "/publishing/cases", "read.drafts", crate::publishing::pages::cases::get_cases),
        route!(POST "/publishing/cases", "publishing.open_case", crate::publishing::pages::cases::post_cases),
        route!(GET "/publishing/cases/{id}", "read.drafts", crate::publishing::pages::cases::get_case),
        route!(POST "/publishing/cases/{id}/stage", "publishing.set_case_stage", crate::publishing::pages::cases::post_stage),
        route!(GET "/publishing/{id}", "read.drafts", crate::publishing::pages::list::get_draft),
        route!(POST "/publishing/{id}", "publishing.edit_draft", crate::publishing::pages::composer::post_draft),
        route!(POST "/publishing/{id}/publish", "publishing.publish", crate::publishing::pages::composer::post_publish),
        route!(POST "/publishing/{id}/autosave", "read.drafts", crate::publishing::pages::composer::post_autosave),
        route!(POST "/publishing/{id}/upload", "read.drafts", crate::publishing::pages::composer::post_upload),
        route!(POST "/publishing/{id}/unschedule", "publishing.unschedule", crate::publishing::pages::composer::post_unschedule),
        route!(POST "/publishing/{id}/withdraw", "publishing.withdraw_draft", crate::publishing::pages::composer::post_withdraw),
        route!(POST "/publishing/{id}/escalate", "publishing.escalate", crate::publishing::pages::post::post_escalate),
        route!(POST "/publishing/{id}/take-down", "publishing.take_down", crate::publishing::pages::post::post_take_down),
        route!(POST "/publishing/{id}/case", "publishing.link_case", crate::publishing::pages::post::post_case),
        route!(GET "/held", "read.own", crate::held::pages::get_list),
        route!(GET "/held/{id}", "read.own", crate::held::pages::get_held),
        route!(POST "/held/{id}/release", "act.release", crate::held::pages::post_release),
        route!(POST "/held/{id}/decline", "act.decline", crate::held::pages::post_decline),
        // community
        route!(GET "/community", "read.moderation", crate::community::pages::get_list),
        route!(GET "/community/flagged", "read.moderation", crate::community::pages::get_flagged),
        route!(GET "/community/messages/{id}", "read.moderation", crate::community::pages::get_message),
        route!(POST "/community/messages/{id}/hide", "community.hide", crate::community::pages::post_hide),
        route!(POST "/community/messages/{id}/unhide", "community.unhide", crate::community::pages::post_unhide),
        route!(POST "/community/messages/{id}/delete", "community.delete", crate::community::pages::post_delete),
        route!(POST "/community/messages/{id}/report", "community.report", crate::community::pages::post_report),
        route!(POST "/community/messages/{id}/block", "community.block", crate::community::pages::post_block),
        route!(POST "/community/messages/{id}/unblock", "community.unblock", crate::community::pages::post_unblock),
        route!(POST "/community/messages/{id}/advise", "community.advise", crate::community::pages::post_advise),
        route!(GET "/community/measures/{id}", "read.moderation", crate::community::pages::get_measure),
        route!(POST "/community/measures/{id}/review", "community.review", crate::community::pages::post_review),
        route!(POST "/community/prompts/{id}", "community.settle_prompt", crate::community::pages::post_prompt),
        // desk
        route!(GET "/desk", "read.desk", crate::desk::pages::get_desk),
        route!(GET "/desk/wall", "read.desk", crate::desk::pages::get_wall),
        route!(GET "/desk/unanswered", "read.desk", crate::desk::pages::get_unanswered),
        route!(GET "/desk/unanswered.csv", "read.desk", crate::desk::pages::get_unanswered_csv),
        route!(GET "/desk/alerts", "read.desk", crate::desk::pages::get_alerts),
        route!(POST "/desk/alerts/{id}/acknowledge", "desk.acknowledge_alert", crate::desk::pages::post_acknowledge),
        route!(GET "/desk/quarantine", "read.desk", crate::desk::pages::get_quarantine),
        route!(POST "/desk/quarantine/{id}", "intake.resolve_quarantine", crate::desk::pages::post_quarantine),
        route!(GET "/desk/organisations", "read.desk", crate::desk::pages::get_organisations),
        route!(POST "/desk/organisations", "desk.list_organisation", crate::desk::pages::post_organisation),
        route!(POST "/desk/organisations/remove", "desk.list_organisation", crate::desk::pages::post_remove_organisation),
        route!(POST "/desk/duty/start", "desk.start_duty", crate::desk::pages::post_start_duty),
        route!(POST "/desk/duty/end", "desk.end_duty", crate::desk::pages::post_end_duty),
        route!(GET "/desk/messages/{id}", "read.desk", crate::desk::pages::get_message),
        route!(POST "/desk/messages/{id}/claim", "desk.claim", crate::desk::pages::post_claim),
        route!(POST "/desk/messages/{id}/release", "desk.release_claim", crate::desk::pages::post_release),
        route!(POST "/desk/messages/{id}/assess", "desk.assess", crate::desk::pages::post_assess),
        route!(POST "/desk/messages/{id}/reply", "desk.reply", crate::desk::pages::post_reply),
        route!(POST "/desk/messages/{id}/check", "desk.reply", crate::desk::pages::post_check),
        route!(POST "/desk/messages/{id}/refer", "desk.refer", crate::desk::pages::post_refer),
        route!(POST "/desk/messages/{id}/incident", "desk.refer", crate::desk::pages::post_incident),
        route!(POST "/desk/messages/{id}/note", "desk.note", crate::desk::pages::post_note),
        route!(POST "/desk/messages/{id}/route", "desk.route", crate::desk::pages::post_route),
        route!(POST "/desk/messages/{id}/escalate", "desk.escalate", crate::desk::pages::post_escalate),
        route!(POST "/desk/messages/{id}/close", "desk.close", crate::desk::pages::post_close),
        route!(POST "/desk/messages/{id}/reopen", "desk.reopen", crate::desk::pages::post_reopen),
        // conduct
        route!(GET "/conduct", "read.own", crate::conduct::pages::get_conduct),
        route!(POST "/conduct", "conduct.report_breach", crate::conduct::pages::post_report),
        route!(POST "/conduct/{breach}/close", "conduct.close_breach", crate::conduct::pages::post_close),
        // assurance
        route!(GET "/assurance", "read.compliance", crate::assurance::pages::get_compliance),
        route!(GET "/assurance.csv", "read.compliance", crate::assurance::pages::get_csv),
        route!(GET "/assurance/clauses/{id}", "read.own", crate::assurance::pages::get_clause),
        // records
        route!(GET "/records", "read.ledger", crate::records::pages::get_ledger),
        route!(GET "/records/{entry}", "read.ledger", crate::records::pages::get_entry),
        route!(POST "/records/export", "records.export_ledger", crate::records::pages::post_export),
    ]
}

/// The routes of the public listener: webhooks and the pages anyone may read.
pub fn public() -> Vec<Route> {
    vec![
        route!(GET "/assets/{name}", "open", super::assets::serve),
        route!(GET "/public/{force}/checkpoint", "open", crate::records::pages::get_checkpoint),
        // accounts
        route!(GET "/public", "open", crate::accounts::public::get_forces),
        route!(GET "/public/{force}", "open", crate::accounts::public::get_public),
        route!(GET "/public/{force}/accounts.json", "open", crate::accounts::public::get_feed),
        route!(GET "/public/{force}/embed", "open", crate::accounts::public::get_embed),
        route!(GET "/public/{force}/guidelines", "open", crate::accounts::public::get_guidelines),
        // intake
        route!(POST "/hooks/{token}", "open", crate::intake::hooks::post_hook),
        // community
        route!(GET "/public/{force}/removals", "open", crate::community::public::get_removals),
        route!(GET "/public/{force}/removals.json", "open", crate::community::public::get_removals_json),
    ]
}

/// The act or reading that a page asks for, by its address: a link is drawn for those who may follow it.
pub fn reading_of(address: &str) -> Option<&'static str> {
    static PAGES: LazyLock<Vec<(&'static str, &'static str)>> =
        LazyLock::new(|| staff().into_iter().filter(|r| r.method == "GET").map(|r| (r.path, r.act)).collect());
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let fits = |at: &str| {
        at.split('/').count() == path.split('/').count() && at.split('/').zip(path.split('/')).all(|(a, p)| a == p || a.starts_with('{'))
    };
    // What is written out goes before what stands for anything: `/desk/wall` is no message.
    PAGES.iter().find(|(at, _)| *at == path).or_else(|| PAGES.iter().find(|(at, _)| fits(at))).map(|(_, act)| *act)
}

/// A router of these routes, with what stands around every answer.
pub fn router(app: App, routes: Vec<Route>) -> Router {
    let mut router = Router::new();
    for Route { path, to, .. } in routes {
        router = router.route(path, to);
    }
    router
        .fallback(not_found)
        .layer(axum::middleware::from_fn_with_state(app.clone(), headers::around))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(|_| {
            super::Problem::new(500, "broken", "something went wrong on our side; nothing was changed").page()
        }))
        .with_state(app)
}

async fn not_found(uri: axum::http::Uri) -> axum::response::Response {
    use axum::response::IntoResponse;
    let problem = super::Problem::new(404, "not-found", "there is no such page");
    if uri.path().starts_with("/api/") { problem.into_response() } else { problem.page() }
}

/// `GET /`: everybody's own first page; in the demonstration the chooser stands in for sign-in.
async fn get_home(
    axum::extract::State(app): axum::extract::State<App>,
    ctx: Result<crate::act::Ctx, super::session::NoCtx>,
) -> axum::response::Response {
    use axum::response::IntoResponse;
    match ctx {
        Ok(ctx) => super::see_other(super::frame::home(&ctx)),
        Err(super::session::NoCtx::SignIn { .. }) if !app.live => super::see_other("/demo"),
        Err(no) => no.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::reading_of;

    #[test]
    fn an_address_says_which_reading_it_asks_for() {
        assert_eq!(reading_of("/records?act=desk.close"), Some("read.ledger"));
        assert_eq!(reading_of("/assurance/clauses/APP-SEC-1#rule-1"), Some("read.own"));
        assert_eq!(reading_of("/desk/wall"), Some("read.desk"));
        assert_eq!(reading_of("/desk/wall/nowhere/at/all"), None);
    }
}
