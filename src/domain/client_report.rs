//! The line that a command prints on another host: which of OpenMetadata's Python packages an
//! environment has. The command stands here beside the reader of what it prints.

use super::clean_text::CleanText;
use super::instance::ClientFacts;

const MARK: &str = "omup-client";

/// Typed where ingestion runs (the environment's own Python), it prints one line and changes nothing.
pub const COMMAND: &str = r#"python3 -c 'import importlib.metadata as m, platform, re, sys
n = lambda s: re.sub("[-_.]+", "-", s).lower()
d = {n(x.metadata["Name"]): x.version for x in m.distributions() if x.metadata["Name"]}
b, e = set(), {}
def fits(p, r):
    w, v = re.search("(==|~=) *([0-9.]+)", r.split(";")[0]), d.get(p, "").split(".")
    k = w.group(2).strip(".").split(".") if w else []
    k = k[:-1] if w and w.group(1) == "~=" else k
    return p in d and v[:len(k)] == k
for r in (m.requires("openmetadata-ingestion") or []) if "openmetadata-ingestion" in d else []:
    p, x = n(re.match("[\w.-]+", r).group(0)), re.search("extra == .([\w-]+)", r)
    if x: e.setdefault(x.group(1), {}).setdefault(p, []).append(fits(p, r))
    else: b.add(p)
e = sorted(x for x in e if set(e[x]) - b and all(any(e[x][p]) for p in set(e[x]) - b))
print("omup-client", "host=" + (platform.node().split() or ["unknown"])[0], "python=" + sys.version.split()[0], *[k + "=" + d[k] for k in ("openmetadata-ingestion", "openmetadata-managed-apis", "apache-airflow") if k in d], "extras=" + ",".join(e), "at=" + sys.prefix)'"#;

/// The lines of a text that tell of an environment, as they are kept in answers.
pub fn lines(text: &str) -> Vec<String> {
    text.split(['\n', '\r'])
        .filter_map(|line| Some(&line[line.find(MARK)?..]))
        .filter(|line| line.contains(" at="))
        .map(|line| CleanText::limited(line.trim(), 2000).to_string())
        .collect()
}

/// Every environment that a pasted text tells of; `host` is how the operator calls it, else the line
/// itself says it. Lines that are not ours are left out.
pub fn read(text: &str, host: Option<&str>) -> Vec<ClientFacts> {
    lines(text)
        .iter()
        .filter_map(|line| {
            let rest = line.strip_prefix(MARK)?;
            let (words, place) = rest.split_once(" at=")?;
            let value = |name: &str| -> Option<CleanText> {
                words.split_whitespace().find_map(|word| {
                    let (key, value) = word.split_once('=')?;
                    (key == name && !value.is_empty()).then(|| CleanText::limited(value, 60))
                })
            };
            let told = value("host").unwrap_or_else(|| "another host".into());
            let host = host.unwrap_or(told.as_str());
            Some(ClientFacts {
                place: CleanText::limited(&format!("{host}:{}", place.trim()), 200),
                python: value("python"),
                ingestion: value("openmetadata-ingestion"),
                managed_apis: value("openmetadata-managed-apis"),
                airflow: value("apache-airflow"),
                extras: value("extras")
                    .map(|all| all.as_str().split(',').map(str::to_string).collect())
                    .unwrap_or_default(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_pasted_line_is_read_and_the_rest_is_left() {
        let text = "$ python3 -c ...\nomup-client python=3.11.7 openmetadata-ingestion=1.10.7.0 apache-airflow=2.10.5 extras=mysql,snowflake at=/opt/air flow\nbye\n";
        let found = read(text, Some("airflow-1"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place.as_str(), "airflow-1:/opt/air flow");
        assert_eq!(
            found[0].ingestion.as_ref().map(|v| v.as_str()),
            Some("1.10.7.0")
        );
        assert_eq!(found[0].extras, ["mysql", "snowflake"]);
        assert_eq!(found[0].managed_apis, None);
        assert!(read("omup-client nothing", None).is_empty());
        let text =
            "x omup-client host=af-2 python=3.11 openmetadata-ingestion=1.12.4.1 extras= at=/v\r\n";
        let found = read(text, None);
        assert_eq!(found[0].place.as_str(), "af-2:/v");
        assert!(found[0].extras.is_empty());
        assert_eq!(super::lines(text).len(), 1);
        assert!(super::lines(text)[0].starts_with("omup-client host=af-2"));
    }
}
