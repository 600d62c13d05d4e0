//! Ways to the server that people have: a password in `~/.my.cnf`, no TLS with `caching_sha2_password`, TLS with an
//! authority of one's own.

use super::super::help::{fake, quiet};
use super::{WAITS, export, home_with, unconfirmed};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::engine::{Engine, Server};
use crate::support::mysql::{PASSWORD, USER};
use crate::support::private_server::PrivateServer;

/// The configuration has no password: the one of the operator's own option file is taken, with its odd letters, and
/// only for the user that the file names.
#[test]
fn a_password_that_stands_in_my_cnf_alone_is_found() {
    // A server that runs has the password in its environment, where it would be found.
    let setting = Setting {
        serve: false,
        ..unconfirmed()
    };
    let Some(stage) = Stage::mysql("field-my-cnf", &setting) else {
        return;
    };
    export(&stage, "DB_USER_PASSWORD", None);
    for side in ["old_home", "new_home"] {
        let file = stage.home(side).join("conf/openmetadata.yaml");
        let text = std::fs::read_to_string(&file).expect("the configuration");
        let without = text.replace(":-openmetadata_password}", "}");
        assert_ne!(text, without, "{}", file.display());
        std::fs::write(&file, without).expect("written");
    }
    let run = |options: &str| {
        stage
            .call(&["check", "--answers"], true)
            .env("HOME", home_with(&stage, options))
            .run(RUN)
    };
    let missing = run("[mysqld]\npassword=wrong\n").expect(3);
    assert!(
        format!("{}{}", missing.stdout, missing.stderr).contains("refuses user"),
        "{}{}",
        missing.stdout,
        missing.stderr
    );
    run(&format!("[client]\nuser=somebody\npassword={PASSWORD}\n")).expect(3);
    let found = run(&format!(
        "# mine\n[client]\nuser = {USER}\npassword = \"{PASSWORD}\" # not for others\n"
    ));
    assert!(
        found.stdout.contains("OM-DB-003") && !found.stdout.contains(PASSWORD),
        "{}\n{}",
        found.stdout,
        found.stderr
    );
}

/// Without TLS the server hands out its key for a password that it has not seen since its start, and only who asks for
/// it. Somebody flushes what it has seen before each tool.
#[test]
fn the_tools_come_in_without_tls_whatever_the_server_remembers() {
    let Some(private) = PrivateServer::start(Engine::Mysql) else {
        return;
    };
    let Server::Mysql(server) = private.server() else {
        panic!("MySQL was asked for");
    };
    let stage = Stage::on(private.server(), "field-cold", &quiet(""));
    let real = |tool: &str| stage.real(tool).display().to_string();
    // A line for the shell, with the password in its environment.
    let administrator = format!("{:?}", server.client("mysql"));
    for tool in ["mysqldump", "mysql"] {
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in *' --version '*) ;; *) {administrator} -e 'flush privileges' </dev/null || exit 99 ;; esac\nexec '{}' \"$@\"\n",
            real(tool)
        );
        fake(&stage, "forgetful", tool, &script);
    }
    let first = stage.folder.join("forgetful");
    let call =
        |arguments: &[&str], answers| stage.call(arguments, answers).path_first(&first).run(RUN);
    call(&["run", "--answers"], true).expect(0);
    let name = stage.database_name();
    call(&["rollback", "--way", "restore", "--confirm", &name], false).expect(60);
}

#[test]
fn tls_by_an_authority_of_ones_own_is_verified_through_the_whole_upgrade() {
    let Some(private) = PrivateServer::start(Engine::Mysql) else {
        return;
    };
    let setting = Setting {
        serve: false,
        confirm: false,
        ..quiet("")
    };
    let stage = Stage::on(private.server(), "field-tls", &setting);
    private
        .server()
        .sql(&format!("alter user {USER} require ssl"));
    let run = |authority: &std::path::Path, command: &[&str]| {
        let options = format!("[client]\nssl-ca={}\n", authority.display());
        stage
            .call(command, true)
            .env("HOME", home_with(&stage, &options))
            .run(RUN)
    };
    // Another server's authority, which is as good a certificate as this one.
    let Some(other) = PrivateServer::start(Engine::Mysql) else {
        return;
    };
    // Nothing but the authority says that it is to be asked, or the URL says so too.
    for parameters in ["serverTimezone=UTC", "sslMode=VERIFY_CA"] {
        export(&stage, "DB_PARAMS", Some(parameters));
        stage.script("old_home", "stop");
        stage.script("old_home", "start");
        stage.wait_for_server();
        let refused = run(&other.authority(), &["run", "--answers"]).expect(3);
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert!(said.contains("certificate"), "{parameters}: {said}");
        run(&private.authority(), &["run", "--answers"]).expect(WAITS);
        assert_eq!(
            stage.status()["view"]["facts"]["level"],
            "restored-and-equal",
            "{parameters}"
        );
    }
    drop(other);
    // The name of the host is in no certificate that MySQL makes for itself.
    export(&stage, "DB_PARAMS", Some("sslMode=VERIFY_IDENTITY"));
    let refused = run(&private.authority(), &["check", "--answers"]).expect(3);
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert!(said.contains("certificate"), "{said}");
    // And without TLS nobody comes in.
    export(&stage, "DB_PARAMS", Some("useSSL=false"));
    let refused = run(&private.authority(), &["check", "--answers"]).expect(3);
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert!(said.contains("refuses user"), "{said}");
}
