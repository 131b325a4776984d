//! What people owe by a date: reminders of training, tasks; and who may use which account.

use super::browser::Browser;
use crate::db::Val;
use crate::people::{store as people, watch};
use crate::publishing::tests::benches;
use crate::testing::{World, does, refused, worlds};
use crate::{sql, vals};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::people::TaskKind;
use bluelamp_domain::time::Instant;
use jiff::civil::{Date, date};

/// Sets the clock to a UTC time of a day.
fn at(world: &World, day: Date, hour: i8, minute: i8) {
    let zoned = day.at(hour, minute, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    world.clock.set(Instant::from(zoned.timestamp()));
}

async fn mails(world: &World) -> i64 {
    let mut tx = world.operator().read().await.unwrap();
    let row = tx.row(sql!("SELECT COUNT(*) AS n FROM job WHERE force = $1 AND kind = 'people.mail_reminder'"), vals![world.force]).await;
    row.unwrap().unwrap().get("n").unwrap()
}

async fn refreshers(world: &World, of: PersonId) -> Vec<people::Task> {
    let tasks = people::tasks_of(&mut world.operator().read().await.unwrap(), world.force, of, &[]).await.unwrap();
    tasks.into_iter().filter(|t| t.kind == TaskKind::Refresher).collect()
}

async fn record(world: &World, name: &str, completed_on: Date) {
    use crate::people::acts::record_training::RecordTraining;
    let by = world.ctx("digital-media-team").await;
    does(&by, RecordTraining { person: world.id_of(name), completed_on, course: String::new() }).await;
}

/// Everyone's training was completed on 22 October 2026 and stands until 22 October 2028; 90 days before is 24 July, in
/// summer time.
#[tokio::test]
async fn leics_train_2_each_reminder_is_one_mail_and_there_is_one_task() {
    for world in worlds().await {
        // Somebody who is suspended is not reminded of anything.
        let leave = crate::people::acts::leave::Leave { person: world.id_of("records"), suspended: true };
        does(&world.ctx("administrator").await, leave).await;
        let n = bluelamp_domain::people::ROLES.len() - 1;
        let (until, publisher) = (date(2028, 10, 22), world.id_of("publisher"));
        at(&world, date(2028, 7, 23), 22, 30);
        assert_eq!(watch::sweep(&world.app).await.unwrap(), 0, "{}: it is still the day before in London", world.database);
        at(&world, date(2028, 7, 23), 23, 30);
        assert_eq!(watch::sweep(&world.app).await.unwrap(), n, "in London it is the day itself");
        assert_eq!((watch::sweep(&world.app).await.unwrap(), mails(&world).await), (0, n as i64), "once each");
        let tasks = refreshers(&world, publisher).await;
        assert_eq!((tasks.len(), tasks[0].due_on), (1, until));
        for (day, reminded) in [
            (date(2028, 9, 21), 0),
            (date(2028, 9, 22), n),
            (date(2028, 9, 22), 0),
            (date(2028, 10, 14), 0),
            (date(2028, 10, 15), n),
            (until, 0),
            (date(2028, 10, 23), 0),
        ] {
            at(&world, day, 12, 0);
            assert_eq!(watch::sweep(&world.app).await.unwrap(), reminded, "{}: {day}", world.database);
        }
        assert_eq!(mails(&world).await, 3 * n as i64);
        assert_eq!(refreshers(&world, publisher).await.len(), 1, "three reminders are of one task");
        world.run_jobs().await;
    }
}

#[tokio::test]
async fn leics_train_2_days_that_the_program_missed_are_made_up_for_once() {
    for world in worlds().await {
        at(&world, date(2028, 10, 18), 3, 0);
        let n = bluelamp_domain::people::ROLES.len();
        assert_eq!((watch::sweep(&world.app).await.unwrap(), mails(&world).await), (n, n as i64), "{}: one, not three", world.database);
        let ctx = world.ctx("auditor").await;
        let found = crate::assurance::live::measures(&ctx, &mut ctx.read().await.unwrap()).await.unwrap();
        assert_eq!(found["training-reminders"].state, crate::assurance::live::State::Kept);
        at(&world, date(2028, 10, 23), 12, 0);
        let found = crate::assurance::live::measures(&ctx, &mut ctx.read().await.unwrap()).await.unwrap();
        assert_eq!(found["training-reminders"].state, crate::assurance::live::State::AtRisk, "it has run out");
    }
    let world = crate::testing::lite().await;
    at(&world, date(2028, 8, 1), 12, 0);
    let ctx = world.ctx("auditor").await;
    let found = crate::assurance::live::measures(&ctx, &mut ctx.read().await.unwrap()).await.unwrap();
    assert_eq!(found["training-reminders"].state, crate::assurance::live::State::Broken, "nobody has looked for a week");
}

/// 29 February 2028: two years later is 28 February 2030.
#[tokio::test]
async fn leics_train_2_access_stands_on_the_anniversary_ends_the_day_after_and_comes_back() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("The road is open again.")).await;
        at(&b.world, date(2028, 2, 29), 12, 0);
        record(&b.world, "corporate-communications", date(2028, 2, 29)).await;
        at(&b.world, date(2030, 2, 22), 12, 0);
        watch::sweep(&b.world.app).await.unwrap();
        let mine = b.world.id_of("corporate-communications");
        assert_eq!(refreshers(&b.world, mine).await[0].due_on, date(2030, 2, 28), "{}", b.world.database);
        at(&b.world, date(2030, 3, 1), 0, 0);
        let rules = refused(Ok(b.publish(&ctx, draft).await));
        assert_eq!(rules, ["LEICS-TRAIN-2.refresher"], "{}", b.world.database);
        let settle = crate::people::acts::settle_task::SettleTask { task: refreshers(&b.world, mine).await[0].id, note: String::new() };
        assert_eq!(refused(ctx.act(settle).await), ["not-by-hand"], "it is done when it is recorded");
        // The last minute of the last day.
        at(&b.world, date(2030, 2, 28), 23, 59);
        assert!(matches!(b.publish(&ctx, draft).await, crate::act::Outcome::Done(_)), "{}", b.world.database);
        at(&b.world, date(2030, 3, 2), 12, 0);
        let second = b.create(&ctx, b.words("The bridge is open again.")).await;
        assert_eq!(refused(Ok(b.publish(&ctx, second).await)), ["LEICS-TRAIN-2.refresher"]);
        record(&b.world, "corporate-communications", date(2030, 3, 2)).await;
        assert!(refreshers(&b.world, mine).await.is_empty(), "the refresher was attended");
        assert!(matches!(b.publish(&ctx, second).await, crate::act::Outcome::Done(_)), "access came back");
    }
}

#[tokio::test]
async fn app_role_9_an_authorisation_is_given_and_withdrawn_on_the_person_s_page_with_who_and_since_when() {
    for b in benches().await {
        let mut browser = Browser::of(&b.world, "digital-media-team").await;
        let person = b.world.id_of("publisher");
        let page = format!("/people/{person}");
        let shown = browser.get(&page).await;
        assert!(shown.status == 200 && shown.body.contains("Account north"), "{}", shown.body);
        let account = b.north.to_string();
        let sees = |b: &crate::publishing::tests::Bench| {
            let (world, account) = (b.world.app.clone(), b.north);
            let (force, person) = (b.world.force, person);
            async move {
                crate::http::session::context(&world, force, person, "Europe/London", None, None)
                    .await
                    .unwrap()
                    .unwrap()
                    .scope
                    .sees(account)
            }
        };
        assert!(!sees(&b).await);
        let answer = browser.post(&format!("{page}/accounts"), &[("account", &account)]).await;
        assert_eq!((answer.status, answer.location()), (303, format!("{page}?did=saved").as_str()), "{}", answer.body);
        assert!(sees(&b).await, "{}", b.world.database);
        let shown = browser.get(&page).await;
        assert!(shown.body.contains("<td>Person digital-media-team</td>") && shown.body.contains("Withdraw"), "{}", shown.body);
        // Those who may not, that which is not there, oneself, and whoever has no training.
        let mut desk = Browser::of(&b.world, "auditor").await;
        let shown = desk.get(&page).await;
        assert!(shown.status == 200 && !shown.body.contains("Authorise for this account") && !shown.body.contains("/accounts/withdraw"));
        assert_eq!(desk.post(&format!("{page}/accounts/withdraw"), &[("account", &account)]).await.status, 422);
        let own = format!("/people/{}/accounts", b.world.id_of("digital-media-team"));
        let answer = browser.post(&own, &[("account", &account)]).await;
        assert!(answer.status == 422 && answer.body.contains("Nobody authorises themselves"), "{}", answer.body);
        for bad in ["", "x", "00000000-0000-7000-8000-000000000000"] {
            assert_eq!(browser.post(&format!("{page}/accounts"), &[("account", bad)]).await.status, 422, "{bad}");
        }
        let gone = "/people/00000000-0000-7000-8000-000000000000/accounts";
        assert_eq!(browser.post(gone, &[("account", &account)]).await.status, 404);
        assert_eq!(browser.post_bare(&format!("{page}/accounts"), &[("account", &account)]).await.status, 403, "a forged form");
        let answer = browser.post(&format!("{page}/accounts/withdraw"), &[("account", &account)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(!sees(&b).await);
        at(&b.world, date(2029, 1, 1), 12, 0);
        let mut later = Browser::of(&b.world, "corporate-communications").await;
        later.get(&page).await;
        let answer = later.post(&format!("{page}/accounts"), &[("account", &account)]).await;
        assert!(answer.status == 422 && answer.body.contains("Training comes before access"), "{}", answer.body);
    }
}

/// Each kind of person that the policy covers can be entered, and the same rules meet each (LEICS-SCOPE-1).
#[tokio::test]
async fn leics_scope_1_every_kind_of_person_is_entered_and_meets_the_same_rules() {
    use crate::accounts::acts::{authorise::Authorise, register::Register};
    use crate::people::acts::{invite::Invite, record_training::RecordTraining};
    use bluelamp_domain::people::Kind;
    for b in benches().await {
        let by = b.world.ctx("digital-media-team").await;
        for kind in [Kind::Officer, Kind::Staff, Kind::Agency, Kind::Bank, Kind::Volunteer] {
            let invite = Invite {
                name: format!("Person {}", kind.name()),
                email: format!("{}@exampleshire.example", kind.name()),
                kind,
                level: 1,
                job_title: String::new(),
                areas: vec![],
                roles: vec!["publisher".into()],
            };
            let person = crate::setup::person(&b.world.app, b.world.force, "Europe/London", invite).await.unwrap();
            let give = Authorise { person, account: b.main };
            assert_eq!(refused(by.act(give).await), ["LEICS-TRAIN-1.access"], "{}: {}", b.world.database, kind.name());
            let trained = RecordTraining { person, completed_on: date(2026, 11, 1), course: String::new() };
            does(&b.world.ctx("corporate-communications").await, trained).await;
            does(&by, Authorise { person, account: b.main }).await;
            let ctx = crate::http::session::context(&b.world.app, b.world.force, person, "Europe/London", None, None).await;
            let ctx = ctx.unwrap().unwrap();
            assert!(ctx.scope.sees(b.main) && !ctx.scope.sees(b.north), "{}", kind.name());
        }
        let intelligence = Register { investigative: true, ..crate::intake::tests::register("other") };
        assert_eq!(refused(by.act(intelligence).await), ["APP-POL-11.investigative"]);
    }
}

/// Each way of the life of an account that is not one step is refused; freezing stops all use at once (APP-POL-4).
#[tokio::test]
async fn app_pol_4_an_account_that_is_not_in_use_is_not_used() {
    use crate::accounts::acts::{freeze::Freeze, thaw::Thaw};
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("The road is open again.")).await;
        does(&ctx, Freeze { account: b.main, reason: "taken over".into() }).await;
        let rules = refused(Ok(b.publish(&ctx, draft).await));
        assert!(rules.iter().any(|r| r.starts_with("APP-POL-4.")), "{}: {rules:?}", b.world.database);
        does(&ctx, Thaw { account: b.main, reason: "ours again".into() }).await;
        assert!(matches!(b.publish(&ctx, draft).await, crate::act::Outcome::Done(_)));
    }
}

/// What goes out is the system's doing at its time, and stands in the ledger for the person who published it.
#[tokio::test]
async fn app_sec_7_each_act_on_a_platform_is_attributed_to_a_person() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("The road is open again.")).await;
        assert!(matches!(b.publish(&ctx, draft).await, crate::act::Outcome::Done(_)));
        b.after(0).await;
        let mut tx = b.world.operator().read().await.unwrap();
        let rows = tx
            .rows(
                sql!("SELECT act, principal, body FROM ledger_entry WHERE force = $1 AND act IN ('publishing.publish', 'publishing.send') AND decision = 'done' ORDER BY at, id"),
                vals![b.world.force],
            )
            .await
            .unwrap();
        let person = b.world.id_of("corporate-communications").to_string();
        let said: Vec<(String, String, bool)> = rows
            .iter()
            .map(|r| {
                let body: Vec<u8> = r.get("body").unwrap();
                let named = String::from_utf8_lossy(&body).contains(&person);
                (r.get("act").unwrap(), r.get("principal").unwrap(), named)
            })
            .collect();
        let sent: Vec<_> = said.iter().filter(|(act, ..)| act == "publishing.send").collect();
        assert!(!sent.is_empty() && sent.iter().all(|(_, by, named)| by == "scheduler" && *named), "{}: {said:?}", b.world.database);
        assert!(said.iter().any(|(act, by, _)| act == "publishing.publish" && *by == person), "{said:?}");
        let accounts = crate::accounts::store::accounts(&mut tx, b.world.force, true, Val::Ids(Vec::new())).await.unwrap();
        assert!(accounts.iter().any(|a| a.last_post_at.is_some()), "it did go out");
    }
}
