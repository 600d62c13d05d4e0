//! Who is connected is known, and ours are told from others.

use std::process::Stdio;
use std::time::Duration;

use super::bench::Bench;
use crate::database::bench::good;
use crate::support::mysql::{PASSWORD, USER};

#[tokio::test]
async fn sessions_of_others_are_listed_and_can_be_ended() {
    for bench in Bench::each("sessions") {
        let admin = bench.admin().await;
        let source = bench.connect().await;
        let mut other = bench
            .server
            .client_as(USER, PASSWORD, "mysql")
            .arg("--execute=begin; update user_entity set mood = null where id = 1; do sleep(60)")
            .arg(&bench.database.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mysql");
        let sleeping = async {
            loop {
                let sessions = good(source.sessions().await);
                let found = sessions
                    .into_iter()
                    .find(|session| session.query.as_str().contains("sleep(60)"));
                if let Some(found) = found {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), sleeping)
            .await
            .expect("the other session");
        assert_eq!(
            (found.user.as_str(), found.application.as_str(), found.ours),
            ("om", "mysql", false)
        );
        assert!(
            found.address.as_str().starts_with("127.0.0.1")
                || found.address.as_str().starts_with("localhost"),
            "{found:?}"
        );
        good(admin.end_sessions(&[found.pid]).await);
        assert!(!other.wait().expect("it ends").success());
        // A session of ours is known as ours by anybody who looks.
        let mut snapshot = good(source.snapshot().await);
        assert!(good(snapshot.tables().await).len() > 3);
        let beside = bench.connect().await;
        let sessions = good(beside.sessions().await);
        assert!(
            sessions
                .iter()
                .any(|session| session.ours && session.application.as_str() == "omup"),
            "{sessions:?}"
        );
        assert!(sessions.iter().all(|session| session.ours), "{sessions:?}");
    }
}
