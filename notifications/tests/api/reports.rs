//! The mail that says what a day, a week or a month came to.

use reqwest::Method;
use serde_json::json;
use shared::{
    events::{
        ReportFigure, ReportPeriod, ReportReady, ReportUnit, UserProfileUpdated, UserRoleChanged,
        UserStatusChanged,
    },
    ids::ReportId,
};

use crate::Service;

const PREFERENCES: &str = "/notifications/preferences";

/// The report on a week's security, with a figure that only a newer audit knows.
fn report(service: &Service) -> ReportReady {
    let figure = |key: &str, unit, value, before| ReportFigure { key: key.into(), unit, value, before };
    ReportReady {
        report_id: ReportId::at(service.world.clock().now()),
        kind: "security".into(),
        period: ReportPeriod::Weekly,
        from: "2026-01-19T00:00:00Z".parse().unwrap(),
        to: "2026-01-26T00:00:00Z".parse().unwrap(),
        figures: vec![
            figure("users_login", ReportUnit::Count, Some(1_128), Some(846)),
            figure("users_login_failed", ReportUnit::Count, Some(7), Some(0)),
            figure("users_locked", ReportUnit::Count, Some(0), Some(2)),
            figure("mean_time_to_lock", ReportUnit::Milliseconds, Some(5_460_000), None),
        ],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_get_the_figures_in_their_language_and_nobody_else_does() {
    let service = Service::start().await;
    let ada = service.registered_admin("ada@example.com").await;
    let bea = service.registered_admin("bea@example.com").await;
    let closed = service.registered_admin("closed@example.com").await;
    let former = service.registered_admin("former@example.com").await;
    let agent = service.registered_agent("agent@example.com").await;
    let user = service.registered("user@example.com").await;
    let english = UserProfileUpdated {
        user_id: bea.id,
        first_name: Some("Bea".into()),
        last_name: None,
        language: Some("en".into()),
        changes: Vec::new(),
    };
    service.world.deliver(&english, 1, Some(bea.id)).await;
    let is_over = UserStatusChanged { user_id: closed.id, is_active: false };
    service.world.deliver(&is_over, 2, None).await;
    let demoted = UserRoleChanged { user_id: former.id, old_role: "admin".into(), new_role: "agent".into() };
    service.world.deliver(&demoted, 2, None).await;
    let of_the_role = service.mails_are(1).await.remove(0);
    assert_eq!(of_the_role.header("To"), "former@example.com");

    let event = service.world.deliver(&report(&service), 1, None).await;
    let mut mails = service.mails_are(3).await;
    mails.retain(|mail| mail.header("To") != "former@example.com");
    mails.sort_by_key(|mail| mail.header("To"));
    let [french, english] = &mails[..] else { panic!("{mails:#?}") };
    assert_eq!(
        (french.header("To"), english.header("To")),
        ("ada@example.com".into(), "bea@example.com".into())
    );
    assert_eq!(french.header("Subject"), "Rapport hebdomadaire: sécurité, du 19/01/2026 au 25/01/2026");
    assert_eq!(english.header("Subject"), "Weekly report: security, 19 January 2026 to 25 January 2026");
    assert_eq!(french.header("List-Unsubscribe"), "<https://help.example.com/preferences>");
    insta::assert_snapshot!(french.text, @"
    Bonjour ada,

    Voici les chiffres, du 19/01/2026 au 25/01/2026 (UTC), à comparer avec la semaine précédente:

    - Connexions: 1 128 (avant: 846; +282, +33 %)
    - Connexions refusées: 7 (avant: 0; +7)
    - Comptes verrouillés: 0 (avant: 2; −2, −100 %)
    - mean time to lock: 1 h 31 min (avant: —; —)

    Le rapport complet avec ses courbes, pour les administrateurs connectés:
    https://help.example.com/audit/reports/security?from=2026-01-19T00:00:00Z&to=2026-01-26T00:00:00Z&format=html

    Cordialement,
    L'équipe Support
    ");
    insta::assert_snapshot!(english.text, @"
    Hello Bea,

    These are the figures of 19 January 2026 to 25 January 2026 (UTC), beside those of the week before:

    - Sign-ins: 1,128 (before: 846; +282, +33%)
    - Failed sign-ins: 7 (before: 0; +7)
    - Lockouts: 0 (before: 2; −2, −100%)
    - mean time to lock: 1 h 31 min (before: —; —)

    The full report with its plots, for administrators who are signed in:
    https://help.example.com/audit/reports/security?from=2026-01-19T00:00:00Z&to=2026-01-26T00:00:00Z&format=html

    Kind regards,
    The Support team
    ");
    assert!(
        english.html.contains(">Failed sign-ins</td>") && english.html.contains(">+7</td>"),
        "{}",
        english.html
    );

    for (caller, titles) in [
        (&ada, vec![french.header("Subject")]),
        (&bea, vec![english.header("Subject")]),
        (&closed, vec![]),
        (&former, vec![]),
        (&agent, vec![]),
        (&user, vec![]),
    ] {
        let list = service.get("/notifications", caller).await;
        let items = list["items"].as_array().unwrap().iter();
        let reports = items.filter(|item| item["template"] == "report_ready");
        let found: Vec<_> = reports.map(|item| item["title"].as_str().unwrap().to_owned()).collect();
        assert_eq!(found, titles, "{}", caller.email);
    }
    service.world.deliver_again(&event).await;
    service.mails_are(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_switched_it_off_gets_none_that_way() {
    let service = Service::start().await;
    let ada = service.registered_admin("ada@example.com").await;
    let bea = service.registered_admin("bea@example.com").await;
    let no_mail = json!({"email": {"report_ready": false}});
    service.call(Method::PUT, PREFERENCES, &ada, Some(no_mail)).await;
    let nothing = json!({"email": {"report_ready": false}, "inApp": {"report_ready": false}});
    service.call(Method::PUT, PREFERENCES, &bea, Some(nothing)).await;
    service.world.deliver(&report(&service), 1, None).await;
    service.mails_are(0).await;
    for (caller, lines) in [(&ada, 1), (&bea, 0)] {
        let list = service.get("/notifications", caller).await;
        assert_eq!(list["items"].as_array().unwrap().len(), lines, "{}", caller.email);
    }
    let ledger = service.get("/admin/notifications?template=report_ready&channel=email", &ada).await;
    let reasons: Vec<_> = ledger["items"].as_array().unwrap().iter().map(|line| &line["reason"]).collect();
    assert_eq!(reasons, ["switched off by the recipient"; 2]);
}

/// With the others that may wait, at the hour; its line leads to the report.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_digest_it_is_a_line_with_the_way_to_the_report() {
    let service = Service::start().await;
    let ada = service.registered_admin("ada@example.com").await;
    service.call(Method::PUT, PREFERENCES, &ada, Some(json!({"digest": "hourly"}))).await;
    service.world.deliver(&report(&service), 1, None).await;
    let collected = "SELECT count(*) FROM deliveries WHERE status = 'collected'";
    service.world.until("it waits", || async { service.number(collected).await == 1 }).await;
    service.world.clock().advance(chrono::Duration::hours(1));
    let mail = &service.mails_are(1).await[0];
    let way = "https://help.example.com/audit/reports/security?from=2026-01-19T00:00:00Z&to=2026-01-26T00:00:00Z&format=html";
    assert!(
        mail.text.contains("- Rapport hebdomadaire: sécurité") && mail.text.contains(way),
        "{}",
        mail.text
    );
}
