//! What is built of the register of clauses: the one registry. A clause points at what keeps it; a test holds each
//! against a test named for it. Whether the force keeps it now comes from live state, never from here.

/// What keeps a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Rules of the pack, with their own cases; whichever rules the pack in force has for the clause.
    Rules,
    /// An act, by its name.
    Act(&'static str),
    /// A page, by its address.
    Page(&'static str),
    /// A job, by its kind.
    Job(&'static str),
}

/// How the state now is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// It cannot be otherwise while the program runs the pack: prevention and standing pages.
    Standing,
    /// By a measure of live state, by its name (`live.rs`).
    Live(&'static str),
}

/// One clause that is built.
#[derive(Debug, Clone, Copy)]
pub struct Built {
    pub clause: &'static str,
    pub by: &'static [By],
    pub watch: Watch,
}

const fn built(clause: &'static str, by: &'static [By], watch: Watch) -> Built {
    Built { clause, by, watch }
}

/// In the order of the register. A clause half done is not here: the page then says that it is not built yet.
pub const BUILT: &[Built] = &[
    built(
        "APP-ROLE-2",
        &[By::Act("accounts.set_monitoring"), By::Page("/accounts"), By::Page("/desk")],
        Watch::Live("accounts-nobody-watches"),
    ),
    built(
        "APP-ROLE-3",
        &[By::Act("desk.raise_alert"), By::Act("desk.acknowledge_alert"), By::Job("desk.escalate_alert")],
        Watch::Live("alerts-unanswered"),
    ),
    built("APP-ROLE-4", &[By::Act("desk.refer"), By::Page("/desk")], Watch::Standing),
    built("APP-ROLE-5", &[By::Rules], Watch::Standing),
    built("APP-ROLE-9", &[By::Rules, By::Act("accounts.authorise"), By::Page("/people/{person}")], Watch::Standing),
    built("APP-COMM-2", &[By::Act("community.settle_prompt"), By::Page("/public/{force}/removals")], Watch::Standing),
    built(
        "APP-COMM-4",
        &[By::Rules, By::Act("desk.escalate"), By::Act("publishing.escalate"), By::Job("desk.escalate_alert"), By::Page("/desk/alerts")],
        Watch::Live("alerts-unanswered"),
    ),
    built(
        "APP-COMM-10",
        &[By::Rules, By::Act("desk.contact"), By::Act("desk.list_organisation"), By::Page("/desk/organisations")],
        Watch::Standing,
    ),
    built("APP-SEC-5", &[By::Page("/public/{force}"), By::Page("/public/{force}/accounts.json")], Watch::Standing),
    built(
        "APP-SEC-7",
        &[By::Rules, By::Act("accounts.connect"), By::Act("publishing.send"), By::Act("security.issue_token")],
        Watch::Standing,
    ),
    built(
        "APP-SEC-9",
        &[By::Rules, By::Act("security.sign_in"), By::Act("accounts.record_protection"), By::Page("/accounts/{id}")],
        Watch::Live("native-two-factor"),
    ),
    built(
        "APP-SEC-10",
        &[By::Job("security.tell_new_device"), By::Act("accounts.record_protection"), By::Page("/security/sessions")],
        Watch::Live("native-login-alerts"),
    ),
    built(
        "APP-SEC-14",
        &[By::Rules, By::Act("security.end_session"), By::Act("people.open_task"), By::Page("/me"), By::Page("/security/sessions")],
        Watch::Live("native-devices"),
    ),
    built("APP-POL-3", &[By::Rules, By::Act("people.grant_role"), By::Act("people.revoke_role")], Watch::Standing),
    built("APP-POL-4", &[By::Rules, By::Act("accounts.change"), By::Act("accounts.freeze"), By::Act("accounts.close")], Watch::Standing),
    built(
        "LEICS-MON-3",
        &[By::Rules, By::Act("conduct.report_breach"), By::Act("conduct.close_breach"), By::Page("/conduct")],
        Watch::Standing,
    ),
    built("LEICS-SCOPE-1", &[By::Act("people.invite"), By::Act("accounts.register")], Watch::Standing),
    built("LEICS-TRIAGE-1", &[By::Act("intake.receive"), By::Page("/desk")], Watch::Live("messages-without-triage")),
    built("LEICS-TRIAGE-2", &[By::Act("desk.assess"), By::Act("desk.refer")], Watch::Standing),
    built("LEICS-TRIAGE-3", &[By::Act("desk.route"), By::Job("desk.fall_back")], Watch::Standing),
    built("LEICS-TRAIN-1", &[By::Rules, By::Act("people.record_training")], Watch::Live("access-without-training")),
    built(
        "LEICS-TRAIN-2",
        &[By::Rules, By::Act("people.remind_training"), By::Job("people.mail_reminder"), By::Page("/tasks")],
        Watch::Live("training-reminders"),
    ),
    built("LEICS-USE-1", &[By::Act("desk.close"), By::Page("/desk")], Watch::Live("messages-overdue")),
    built(
        "LEICS-USE-3",
        &[By::Rules, By::Act("publishing.publish"), By::Act("act.release"), By::Page("/publishing/{id}")],
        Watch::Standing,
    ),
    built("LEICS-USE-4", &[By::Rules, By::Act("publishing.take_down"), By::Act("publishing.set_case_stage")], Watch::Standing),
    built("LEICS-MOD-1", &[By::Rules, By::Page("/community/flagged")], Watch::Standing),
    built("LEICS-MOD-2", &[By::Rules, By::Page("/community/messages/{id}")], Watch::Standing),
    built("LEICS-MOD-3", &[By::Act("community.settle_prompt"), By::Page("/community")], Watch::Live("removals-unexplained")),
    built("LEICS-BLOCK-1", &[By::Rules, By::Act("community.advise"), By::Page("/community/measures/{id}")], Watch::Standing),
];

pub fn of(clause: &str) -> Option<&'static Built> {
    BUILT.iter().find(|b| b.clause == clause)
}
