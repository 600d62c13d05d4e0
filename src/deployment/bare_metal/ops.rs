//! OpenMetadata's own tool, ready to start: `bootstrap/openmetadata-ops.sh` (up to 1.2
//! `bootstrap_storage.sh`) in its home.
//!
//! The script does not source `conf/openmetadata-env.sh` as the server's does, so everything that
//! the configuration asks for is put into its environment.

use super::config::{Config, yaml_path};
use super::{install, secrets, substitute, yaml};
use crate::deployment::{DeploymentError, Result};
use crate::domain::names::Engine;
use crate::domain::secret::Secret;
use crate::process::{EnvValue, ToolCommand};

/// Builds the command; `db_params` replaces `DB_PARAMS` for this call only.
pub fn tool(
    config: &Config,
    args: &[&str],
    db_params: Option<&str>,
    password: Option<&Secret>,
) -> Result<ToolCommand> {
    let script =
        install::tool_script(&config.home).ok_or_else(|| DeploymentError::NotAnInstall {
            path: config.home.clone(),
            reason: "it has no tool in bootstrap/".into(),
        })?;
    let storage = script.ends_with("bootstrap_storage.sh");
    let args = args
        .iter()
        .map(|arg| match *arg {
            // The old script's `migrate` leaves the search indexes out.
            "migrate" if storage => "migrate-all".into(),
            other => other.into(),
        })
        .collect();
    let mut env: Vec<(String, EnvValue)> = config
        .environment
        .variables
        .iter()
        .map(|(name, variable)| (name.clone(), value_of(name, &variable.value)))
        .collect();
    if let Some(params) = db_params {
        must_be_variable(config, "DB_PARAMS", &["database", "url"])?;
        let params = config.url.unmasked(params);
        set(&mut env, "DB_PARAMS", value_of("DB_PARAMS", &params));
        if config.url.engine == Engine::Mysql
            && let Some(name) = variable_of(config, &SOCKET_TIMEOUT)
        {
            set(&mut env, &name, EnvValue::Plain("0".to_owned()));
        }
    }
    if let Some(password) = password
        && config.password.as_ref() != Some(password)
    {
        must_be_variable(config, "DB_USER_PASSWORD", &["database", "password"])?;
        set(
            &mut env,
            "DB_USER_PASSWORD",
            EnvValue::Secret(password.clone()),
        );
    }
    Ok(ToolCommand {
        program: script.into(),
        args,
        env,
        folder: Some(config.home.clone()),
        stdin: None,
    })
}

fn set(env: &mut Vec<(String, EnvValue)>, name: &str, value: EnvValue) {
    env.retain(|(known, _)| known != name);
    env.push((name.to_owned(), value));
}

fn value_of(name: &str, value: &str) -> EnvValue {
    if secrets::is_secret_name(name) || value.to_ascii_lowercase().contains("password=") {
        EnvValue::Secret(Secret::new(value.to_owned()))
    } else {
        EnvValue::Plain(value.to_owned())
    }
}

/// Milliseconds that Connector/J waits for an answer before it cuts the line, while the server goes on
/// with the statement. As a property it wins over the address (seen with Connector/J 9.1), so the
/// `socketTimeout` in `DB_PARAMS` is not enough.
const SOCKET_TIMEOUT: [&str; 3] = ["database", "properties", "mysqlSocketTimeout"];

/// The variable that gives a setting its value, where the file takes it from one.
fn variable_of(config: &Config, keys: &[&str]) -> Option<String> {
    let line = yaml::line_of(&config.text, keys)?;
    let template = config.text.lines().nth(line - 1)?;
    let place = substitute::places(template).into_iter().next()?;
    Some(place.name.to_string())
}

fn must_be_variable(config: &Config, name: &str, keys: &[&str]) -> Result<()> {
    let line = yaml::line_of(&config.text, keys);
    let template = line
        .and_then(|line| config.text.lines().nth(line - 1))
        .unwrap_or_default();
    if substitute::places(template)
        .iter()
        .any(|place| place.name == name)
    {
        return Ok(());
    }
    let at = line.map_or_else(String::new, |line| format!("line {line} "));
    Err(DeploymentError::Setting {
        path: yaml_path(&config.home),
        setting: keys.join("."),
        reason: format!(
            "{at}does not use ${{{name}}}, so its value cannot be given to the tool; write \
             ${{{name}:-...}} there, as in the delivered file"
        )
        .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Config, tool};
    use crate::domain::secret::Secret;
    use crate::process::EnvValue;

    fn home(url: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        for sub in ["conf", "bootstrap"] {
            std::fs::create_dir(folder.path().join(sub)).expect("folder");
        }
        let yaml = format!(
            "server:\n  applicationConnectors:\n    - port: 8585\ndatabase:\n  user: om\n  \
             password: ${{DB_USER_PASSWORD:-x}}\n  url: {url}\n"
        );
        std::fs::write(folder.path().join("conf/openmetadata.yaml"), yaml).expect("yaml");
        let env = "export FERNET_KEY=geheim\nexport DB_PARAMS='a=1&sslpassword=auch'\n";
        std::fs::write(folder.path().join("conf/openmetadata-env.sh"), env).expect("env");
        std::fs::write(folder.path().join("bootstrap/openmetadata-ops.sh"), "").expect("script");
        folder
    }

    #[test]
    fn mysqls_socket_timeout_is_lifted_for_the_tool() {
        for (url, lifted) in [
            ("jdbc:mysql://h/d?${DB_PARAMS:-}", Some("0")),
            ("jdbc:postgresql://h/d?${DB_PARAMS:-}", None),
        ] {
            let home = home(url);
            let yaml = home.path().join("conf/openmetadata.yaml");
            let text = std::fs::read_to_string(&yaml).expect("yaml");
            let more =
                "  properties:\n    mysqlSocketTimeout: ${DB_MYSQL_SOCKET_TIMEOUT:-300000}\n";
            std::fs::write(&yaml, text + more).expect("yaml");
            let config = Config::read(home.path(), None).expect("valid");
            let command = tool(&config, &["migrate"], Some("a=1"), None).expect("built");
            let found = command
                .env
                .iter()
                .find(|(name, _)| name == "DB_MYSQL_SOCKET_TIMEOUT")
                .map(|(_, value)| match value {
                    EnvValue::Plain(text) => text.as_str(),
                    EnvValue::Secret(_) => "secret",
                });
            assert_eq!(found, lifted, "{url}");
        }
    }

    #[test]
    fn the_tool_gets_the_environment_with_its_secrets_marked() {
        let home = home("jdbc:postgresql://h/d?${DB_PARAMS:-}");
        let config = Config::read(home.path(), None).expect("valid");
        let params = format!("{}&options=x", config.connection().params);
        let password = Secret::new("neu".to_owned());
        let command = tool(&config, &["-d", "migrate"], Some(&params), Some(&password));
        let command = command.expect("built");
        let value = |name: &str| {
            command
                .env
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| match value {
                    EnvValue::Plain(text) => (false, text.clone()),
                    EnvValue::Secret(secret) => (true, secret.reveal().to_owned()),
                })
        };
        assert_eq!(value("FERNET_KEY"), Some((true, "geheim".to_owned())));
        assert_eq!(
            value("DB_PARAMS"),
            Some((true, "a=1&sslpassword=auch&options=x".to_owned()))
        );
        assert_eq!(value("DB_USER_PASSWORD"), Some((true, "neu".to_owned())));
        assert_eq!(command.folder.as_deref(), Some(home.path()));
        assert!(!format!("{command:?}").contains("geheim"));
    }

    #[test]
    fn parameters_that_stand_in_the_url_itself_cannot_be_replaced() {
        let home = home("jdbc:postgresql://h/d?a=1");
        let config = Config::read(home.path(), None).expect("valid");
        assert!(tool(&config, &["info"], None, None).is_ok());
        let told = tool(&config, &["migrate"], Some("a=2"), None).expect_err("literal");
        assert!(told.to_string().contains("line 7"), "{told}");
    }
}
