use shared::testing::World;
use sea_orm::{ConnectionTrait, DbErr};
#[tokio::test(flavor = "multi_thread")]
async fn classify() {
    let world = World::start().await;
    let db = world.open::<migrations::tickets::Migrator>("tickets").await;
    let mut tasks = vec![];
    for i in 0..8 {
        let db = db.clone();
        tasks.push(tokio::spawn(async move {
            let mut seen = std::collections::BTreeMap::new();
            let end = std::time::Instant::now() + std::time::Duration::from_secs(6);
            while std::time::Instant::now() < end {
                let r: Result<(), DbErr> = async {
                    let tx = db.begin().await?;
                    tx.execute_unprepared("select pg_sleep(0.01)").await?;
                    tx.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, format!("select {i} as x"))).await?;
                    tx.commit().await
                }.await;
                if let Err(e) = r { *seen.entry((shared::http::is_passing(&e), format!("{e:?}").chars().take(160).collect::<String>())).or_insert(0) += 1;
                  tokio::time::sleep(std::time::Duration::from_millis(5)).await; }
            }
            seen
        }));
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    for mode in ["immediate", "fast"] {
        let out = std::process::Command::new("su").args(["postgres", "-c", &format!("pg_ctl -D /tmp/pghttp/data -m {mode} -l /tmp/pghttp/log -w restart -o '-p 55871 -k /tmp/pghttp -c listen_addresses=127.0.0.1'")]).output().unwrap();
        println!("{mode} {:?}", out.status);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    let mut all = std::collections::BTreeMap::new();
    for t in tasks { for (k, v) in t.await.unwrap() { *all.entry(k).or_insert(0) += v; } }
    for (k, v) in all { println!("{v:5} {k:?}"); }
}
