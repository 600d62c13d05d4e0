//! Promise 5, verified means restored: a restored copy that is not the source in every part is never called equal.

use super::damages::{Damage, MYSQL, POSTGRES};
use super::help::{backups, fake, nothing_changed, quiet};
use crate::story::stage::{RUN, Stage};
use crate::support::engine::{Engine, Server};
use crate::support::private_server::PrivateServer;

#[test]
fn a_copy_that_differs_in_anything_is_not_called_equal_on_postgres() {
    let Some(server) = Engine::Postgres.server() else {
        return;
    };
    // The tool's arguments name the place, and `psql` takes them one by one.
    let then = "d= h= p= u= last=\nfor word; do\n case $last in -d) d=$word ;; -h) h=$word ;; -p) p=$word ;; -U) u=$word ;; esac\n last=$word\ndone\n\
         exec psql -Xq -v ON_ERROR_STOP=1 -h \"$h\" -p \"$p\" -U \"$u\" -d \"$d\" -f '{damage}'";
    damaged(&server, "", then, POSTGRES);
}

/// On a server of its own: only who may read the `mysql` tables sees the grants of others.
#[test]
fn a_copy_that_differs_in_anything_is_not_called_equal_on_mysql() {
    let Some(server) = PrivateServer::start(Engine::Mysql) else {
        return;
    };
    let server = server.server();
    server.sql("grant select on mysql.* to om; create user reader");
    // A text that is empty beside one that is none.
    let more = "insert into act_re_deployment (id_, name_, tenant_id_) values ('bare', null, '');
        grant insert on topic_entity to reader";
    // The same program once more, with the same arguments and another text to run.
    damaged(server, more, "exec '{real}' \"$@\" < '{damage}'", MYSQL);
}

/// The real tool restores; then somebody damages what it has restored.
fn damaged(server: &Server, more: &str, then: &str, damages: &[Damage]) {
    let stage = Stage::on(server, "proof-damaged", &quiet(""));
    if !more.is_empty() {
        stage.database().sql(more);
    }
    let before = stage.contents(&stage.database_name());
    let damage = stage.folder.join("damage.sql");
    let tool = stage.database().engine().restore_tool();
    let real = stage.real(tool.program).display().to_string();
    let then = then
        .replace("{real}", &real)
        .replace("{damage}", &damage.display().to_string());
    let script = format!(
        "#!/bin/sh\n'{real}' \"$@\" || exit $?\ncase \" $* \" in *\" {} \"*) ;; *) exit 0 ;; esac\n{then}\n",
        tool.word
    );
    let first = fake(&stage, "bin", tool.program, &script);
    let run = || {
        stage
            .call(&["run", "--answers"], true)
            .path_first(&first)
            .run(RUN)
    };
    for (case, sql, named) in damages {
        let sql = sql.replace("{reader}", "reader");
        let named = &named.replace("{reader}", "reader");
        std::fs::write(&damage, format!("{sql};\n")).expect("write the damage");
        let ended = run();
        assert_eq!(ended.code, 21, "{case}\n{}\n{}", ended.stdout, ended.stderr);
        assert!(
            ended.stdout.contains(named),
            "{case}: {named} is not named\n{}",
            ended.stdout
        );
        assert!(
            ended.stdout.contains("differs from the source"),
            "{case}\n{}",
            ended.stdout
        );
        nothing_changed(&stage, &before, case);
    }
    // The level of each of these backups stays below "restored and equal", for whoever finds it later.
    for folder in backups(&stage.backups()) {
        let certificate =
            std::fs::read_to_string(folder.join("certificate.json")).expect("a certificate");
        assert!(!certificate.contains("restored-and-equal"), "{certificate}");
    }
    // The same wrapper with nothing to damage: the tests above failed for the damage and for nothing else.
    std::fs::write(&damage, "select 1;\n").expect("write the damage");
    run().expect(0);
}
