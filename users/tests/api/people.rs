use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::events::UserStatusChanged;
use shared::testing::TestCaller;

use crate::service::Users;

/// Some people, each a second younger than the one before; and who administers them.
async fn crowd(users: &Users) -> TestCaller {
    for (email, first, last, department) in [
        ("zoe.loewe@example.com", "Zoé", "Löwe", "Marketing & Œuvres"),
        ("adam@example.com", "Adam", "Émile", "100%_Pure"),
        ("b_ea@example.com", "Béa", "Zola", "Émail"),
        ("eve@example.org", "Ève", "Łukasz", "O'Brien \"quotes\""),
        ("carl@example.com", "Carl", "Abel", "emoji 🧯 team"),
    ] {
        let person = users.user(email).await;
        let edit =
            json!({"firstName": first, "lastName": last, "department": department, "jobTitle": "Clerk"});
        users.edit(&person, edit).await;
        users.world.clock().advance(TimeDelta::seconds(1));
    }
    users.admin().await
}

fn emails(people: &[Value]) -> Vec<&str> {
    people.iter().map(|person| person["email"].as_str().unwrap().split('@').next().unwrap()).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_all_its_words_occur_in() {
    let users = Users::start().await;
    let admin = crowd(&users).await;
    let long = "x".repeat(200);
    for (q, found) in [
        ("zoe", vec!["zoe.loewe"]),
        ("ZOÉ", vec!["zoe.loewe"]),
        ("lowe", vec!["zoe.loewe"]),
        ("loewe", vec!["zoe.loewe"]),
        ("oeuvres", vec!["zoe.loewe"]),
        ("emil", vec!["adam"]),
        ("ema", vec!["b_ea"]),
        ("lukasz", vec!["eve"]),
        ("  clerk   example.org ", vec!["eve"]),
        ("example.org clerk nobody", vec![]),
        ("%", vec!["adam"]),
        ("_", vec!["b_ea", "adam"]),
        ("100%_p", vec!["adam"]),
        ("!", vec![]),
        ("\\", vec![]),
        ("o'brien", vec!["eve"]),
        ("\"quotes\"", vec!["eve"]),
        ("'; DROP TABLE user_profiles; --", vec![]),
        ("🧯", vec!["carl"]),
        (long.as_str(), vec![]),
        ("", vec!["admin", "carl", "eve", "b_ea", "adam", "zoe.loewe"]),
        (" \u{301} ", vec!["admin", "carl", "eve", "b_ea", "adam", "zoe.loewe"]),
    ] {
        let list = users.get(&admin, &format!("/users?q={}", encoded(q))).await;
        assert_eq!(emails(list.items()), found, "{q:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_sees_an_edit_at_once_and_what_was_there_no_more() {
    let users = Users::start().await;
    let (admin, ada) = (users.admin().await, users.user("ada@example.com").await);
    users.edit(&ada, json!({"lastName": "Byron"})).await;
    users.edit(&ada, json!({"lastName": "Lovelace"})).await;
    let found = async |q: &str| users.get(&admin, &format!("/users?q={q}")).await.items().len();
    assert_eq!((found("byron").await, found("lovelace").await, found("ada").await), (0, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_apart_by_role_department_and_status() {
    let users = Users::start().await;
    let admin = crowd(&users).await;
    let agent = users.world.agent("agent@example.com");
    users.registered(&agent, "agent").await;
    users.world.deliver(&UserStatusChanged { user_id: agent.id, is_active: false }, 2, None).await;
    for (query, found) in [
        ("role=agent", vec!["agent"]),
        ("role=admin", vec!["admin"]),
        ("isActive=false", vec!["agent"]),
        ("isActive=true&role=agent", vec![]),
        ("department=100%25_Pure", vec!["adam"]),
        ("department=100%25", vec![]),
        ("department=%C3%89mail&role=user&isActive=true&q=bea", vec!["b_ea"]),
        ("department=", vec![]),
    ] {
        let list = users.get(&admin, &format!("/users?{query}")).await;
        assert_eq!(emails(list.items()), found, "{query}");
    }
    let list = users.get(&admin, "/users?role=agent").await;
    let found = &list.items()[0];
    assert_eq!((&found["role"], &found["isActive"]), (&json!("agent"), &json!(false)));
    assert_eq!(users.get(&admin, &format!("/users/{}", agent.id)).await.body, *found, "one shape for both");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_both_ways_by_each_of_its_orders() {
    let users = Users::start().await;
    let admin = crowd(&users).await;
    for (sort, order) in [
        ("createdAt", vec!["zoe.loewe", "adam", "b_ea", "eve", "carl", "admin"]),
        ("email", vec!["adam", "admin", "b_ea", "carl", "eve", "zoe.loewe"]),
        ("lastName", vec!["admin", "carl", "adam", "zoe.loewe", "eve", "b_ea"]),
    ] {
        for limit in [1, 2, 5, 6, 100] {
            let path = format!("/users?limit={limit}&sort=");
            assert_eq!(emails(&users.pages(&admin, &format!("{path}{sort}")).await), order, "{sort} {limit}");
            let mut back = users.pages(&admin, &format!("{path}-{sort}")).await;
            back.reverse();
            assert_eq!(emails(&back), order, "-{sort} {limit}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_people_who_are_alike_miss_nobody() {
    let users = Users::start().await;
    let admin = users.admin().await;
    for n in 0..13 {
        let person = users.user(&format!("twin{n}@example.com")).await;
        users.edit(&person, json!({"lastName": "Twin"})).await;
    }
    for sort in ["createdAt", "lastName", "-lastName"] {
        let people = users.pages(&admin, &format!("/users?q=twin&limit=3&sort={sort}")).await;
        let different: std::collections::BTreeSet<_> = emails(&people).into_iter().collect();
        assert_eq!((people.len(), different.len()), (13, 13), "{sort}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_asked_for_wrongly_is_refused_by_the_name_of_the_fault() {
    let users = Users::start().await;
    let admin = crowd(&users).await;
    let page = users.get(&admin, "/users?limit=1&sort=email").await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    for (query, field) in [
        ("role=root".to_owned(), "role"),
        ("isActive=maybe".to_owned(), "isActive"),
        ("is_active=true".to_owned(), "is_active"),
        ("sort=phone".to_owned(), "sort"),
        ("limit=0".to_owned(), "limit"),
        ("limit=101".to_owned(), "limit"),
        ("q=a&q=b".to_owned(), "q"),
        ("q=%00".to_owned(), "q"),
        (format!("q={}", "x".repeat(1000)), "q"),
        ("erased=true".to_owned(), "erased"),
        (format!("sort=lastName&cursor={cursor}"), "cursor"),
        (format!("sort=createdAt&cursor={cursor}"), "cursor"),
        ("cursor=nonsense".to_owned(), "cursor"),
    ] {
        let reply = users.get(&admin, &format!("/users?{query}")).await;
        assert_eq!((reply.status, reply.faults()[0].0), (400, field), "{query}: {reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_there_before_there_was_a_search_is_found_after_a_start() {
    let users = Users::start().await;
    let admin = crowd(&users).await;
    let db = users.world.db("users");
    let unsearchable = db.sql("UPDATE user_profiles SET search_text = '', sort_name = ''", []);
    sea_orm::ConnectionTrait::execute_raw(db.conn(), unsearchable).await.unwrap();
    assert_eq!(users.get(&admin, "/users?q=zoe").await.items().len(), 0);

    let replica = Users::serve(&users.world, &users.sources).await;

    let list = users.client().get(format!("{replica}/users?q=zoe")).bearer_auth(&admin.token);
    let list: Value = list.send().await.unwrap().json().await.unwrap();
    assert_eq!(emails(list["items"].as_array().unwrap()), ["zoe.loewe"]);
    let by_name = users.pages(&admin, "/users?limit=2&sort=lastName").await;
    assert_eq!(emails(&by_name), ["admin", "carl", "adam", "zoe.loewe", "eve", "b_ea"]);
}
