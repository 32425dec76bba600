use auth::Config;
use futures_util::future::join_all;
use shared::{clock::Clock, testing::World};

use super::house::{House, OTHER_PASSWORD, PASSWORD};

async fn config(world: &World, env: &[(&str, &str)]) -> Config {
    let mut sources = world.sources("auth").await.with("BCRYPT_COST", "4");
    for (key, value) in env {
        sources = sources.with(key, *value);
    }
    Config::read(&sources).unwrap()
}

async fn admins(config: &Config, clock: &Clock) -> Vec<String> {
    let db = shared::db::Db::open(&config.common.database, clock.clone()).await.unwrap();
    let sql = db.sql("SELECT email FROM users WHERE role = 'admin' ORDER BY email", []);
    let rows = sea_orm::ConnectionTrait::query_all_raw(db.conn(), sql).await.unwrap();
    let emails = rows.iter().map(|row| row.try_get("", "email").unwrap()).collect();
    db.close().await;
    emails
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_default_account() {
    let world = World::start().await;
    let config = config(&world, &[]).await;
    assert!(auth::ensure_first_admin(&config, world.clock(), false).await.unwrap().is_none());
    assert!(admins(&config, world.clock()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_is_made_as_configured_and_once() {
    let world = World::start().await;
    let env = [("ADMIN_EMAIL", "Root@example.com"), ("ADMIN_PASSWORD", PASSWORD)];
    let config = config(&world, &env).await;
    let made = join_all((0..4).map(|_| auth::ensure_first_admin(&config, world.clock(), true))).await;
    assert!(
        made.into_iter().all(|made| made.unwrap().is_none()),
        "nothing to show: the operator chose the password"
    );
    assert_eq!(admins(&config, world.clock()).await, ["root@example.com"]);

    let mut later = config.clone();
    later.admin_email = None;
    later.admin_password = None;
    assert!(
        auth::ensure_first_admin(&later, world.clock(), true).await.unwrap().is_none(),
        "there is one already"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_nobody_chose_is_shown_once() {
    let world = World::start().await;
    let config = config(&world, &[]).await;
    let made = auth::ensure_first_admin(&config, world.clock(), true).await.unwrap().unwrap();
    assert_eq!(admins(&config, world.clock()).await, std::slice::from_ref(&made.email));
    assert_eq!(made.password.expose().len(), 24);
    assert!(auth::ensure_first_admin(&config, world.clock(), true).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_registered_with_that_address_is_no_administrator() {
    let house = House::open().await;
    let guest = house.register("boss@example.com").await;
    let tx = house.world.db("auth").begin().await.unwrap();
    tx.run("UPDATE users SET is_active = false WHERE role = 'admin'", []).await.unwrap();
    tx.commit().await.unwrap();
    let mut config = house.config.clone();
    let sources = house
        .world
        .sources("auth")
        .await
        .with("ADMIN_EMAIL", "boss@example.com")
        .with("ADMIN_PASSWORD", OTHER_PASSWORD);
    let wanted = Config::read(&sources).unwrap();
    (config.admin_email, config.admin_password) = (wanted.admin_email, wanted.admin_password);
    let fault = auth::ensure_first_admin(&config, house.clock(), false).await.err().unwrap();
    assert!(fault.to_string().contains("ADMIN_EMAIL"), "{fault}");
    assert_eq!(house.get_as(&guest.access, "/auth/me").await.body["role"], "user");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_appoints_who_is_there_and_who_is_not() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    auth::appoint_admin(&house.config, house.clock(), "alice@example.com", OTHER_PASSWORD).await.unwrap();
    let reply = house.try_login("alice@example.com", OTHER_PASSWORD).await;
    assert_eq!(reply.body["user"]["role"], "admin");
    assert_eq!(
        house.post("/auth/refresh", serde_json::json!({"refreshToken": alice.refresh})).await.status,
        401
    );
    house.world.until("its old session is refused", || async { !house.is_let_in(&alice.access).await }).await;
    assert!(house.event_types().await.contains(&"user.role_changed".to_owned()));

    auth::appoint_admin(&house.config, house.clock(), "new@example.com", OTHER_PASSWORD).await.unwrap();
    assert_eq!(house.try_login("new@example.com", OTHER_PASSWORD).await.body["user"]["role"], "admin");
    for (email, password) in
        [("nobody", OTHER_PASSWORD), ("x@example.com", "short"), ("x@example.com", "password1234")]
    {
        assert!(auth::appoint_admin(&house.config, house.clock(), email, password).await.is_err());
    }
}
