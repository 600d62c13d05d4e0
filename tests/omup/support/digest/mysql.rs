//! The same of a MySQL database: each table's rows as hexadecimal text of every column, ordered here; the shape of
//! everything else through `mysqldump --no-data`, without comments.

use std::collections::BTreeMap;

use super::{Contents, hash};
use crate::support::mysql::Database;

/// Each table and its columns as an expression. Text and bytes are taken as they are; the rest as the server writes it,
/// but a zero without its sign: `mysqldump` writes `-0`, which is read as the whole number 0.
/// Names in hexadecimal, for they may hold anything.
const TABLES: &str = "set session group_concat_max_len = 1000000;
    select hex(t.table_name), hex(group_concat(concat('ifnull(hex(', case
            when data_type in ('json', 'char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext',
                'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob')
                then concat('`', replace(column_name, '`', '``'), '`')
            when data_type = 'bit' then concat('cast(`', replace(column_name, '`', '``'), '` as unsigned)')
            when data_type in ('float', 'double')
                then concat('if(`', replace(column_name, '`', '``'), '` = 0, ''0'', cast(`', replace(column_name, '`', '``'), '` as char))')
            else concat('cast(`', replace(column_name, '`', '``'), '` as char)')
        end, '), ''NULL'')') order by column_name separator ', '))
    from information_schema.tables t join information_schema.columns c using (table_schema, table_name)
    where t.table_schema = database() and table_type = 'BASE TABLE' group by t.table_name";

/// The whole database: each table's rows, where the counters stand, the schema with views, triggers, routines and events.
#[track_caller]
pub fn contents(database: &Database) -> Contents {
    let listed = database.sql_as_root(TABLES);
    let tables: Vec<(&str, String, String)> = listed
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(hex, columns)| (hex, from_hexadecimal(hex), from_hexadecimal(columns)))
        .collect();
    // One call for all of them: a row begins with its table.
    let mut sql = "set session time_zone = '+00:00'".to_owned();
    for (hex, name, columns) in &tables {
        let name = name.replace('`', "``");
        sql.push_str(&format!(
            "; select '{hex}', concat_ws(',', {columns}) from `{name}`"
        ));
    }
    let rows = database.sql_as_root(&sql);
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (hex, row) in rows.lines().filter_map(|line| line.split_once('\t')) {
        lines.entry(hex).or_default().push(row);
    }
    let mut contents = Contents::new();
    for (hex, name, _) in &tables {
        // The order of the rows does not matter.
        let mut rows = lines.remove(hex).unwrap_or_default();
        rows.sort_unstable();
        contents.insert(format!("table {name}"), hash(rows.join("\n").as_bytes()));
    }
    let (schema, counters) = schema(database);
    contents.insert("sequences".to_owned(), hash(counters.as_bytes()));
    contents.insert("schema".to_owned(), hash(schema.as_bytes()));
    contents
}

/// The schema, and apart from it the next values of the counters.
#[track_caller]
fn schema(database: &Database) -> (String, String) {
    let output = database
        .server
        .client("mysqldump")
        .args([
            "--no-data",
            "--routines",
            "--events",
            "--triggers",
            "--skip-comments",
            "--set-gtid-purged=OFF",
            "--no-tablespaces",
            "--skip-column-statistics",
        ])
        .arg(&database.name)
        .output()
        .unwrap_or_else(|error| panic!("cannot start mysqldump: {error}"));
    assert!(
        output.status.success(),
        "mysqldump: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut counters = String::new();
    let mut schema = database.sql_as_root(
        "select default_character_set_name, default_collation_name from information_schema.schemata
         where schema_name = database();
         select table_name, column_name, collation_name from information_schema.columns
         where table_schema = database() and collation_name is not null order by table_name, ordinal_position",
    );
    let mut table = "";
    let dump = String::from_utf8_lossy(&output.stdout);
    for line in dump.lines() {
        if let Some(name) = line.strip_prefix("CREATE TABLE ") {
            table = name;
        }
        schema.push('\n');
        match line.split_once(" AUTO_INCREMENT=") {
            Some((before, rest)) if line.starts_with(") ENGINE") => {
                let number = rest.split(' ').next().unwrap_or_default();
                counters.push_str(&format!("{table} {number}\n"));
                schema.push_str(before);
                schema.push_str(&rest[number.len()..]);
            }
            // The server writes the same column with or without them; the catalog's word stands above.
            Some(_) | None if line.starts_with("  `") => {
                schema.push_str(&without(&without(line, " CHARACTER SET "), " COLLATE "));
            }
            Some(_) | None => schema.push_str(line),
        }
    }
    (schema, counters)
}

/// A column's line without the first such option.
fn without(line: &str, option: &str) -> String {
    match line.split_once(option) {
        Some((before, after)) => {
            let end = after.find([' ', ',']).unwrap_or(after.len());
            format!("{before}{}", &after[end..])
        }
        None => line.to_owned(),
    }
}

fn from_hexadecimal(digits: &str) -> String {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    let bytes: Vec<u8> = digits
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
