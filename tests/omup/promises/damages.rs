//! What may become of a restored copy, one statement each, and the name that must then be told.

/// In words, as SQL, and what is named.
pub type Damage = (&'static str, &'static str, &'static str);

pub const POSTGRES: &[Damage] = &[
    (
        "one row is gone",
        "delete from user_entity where ctid = (select min(ctid) from user_entity)",
        "user_entity",
    ),
    (
        "one key of one JSON value",
        "update table_entity set json = jsonb_set(json::jsonb, '{displayName}', '\"x\"') where ctid = (select min(ctid) from table_entity)",
        "table_entity",
    ),
    (
        "one row more",
        "insert into task_sequence default values",
        "task_sequence",
    ),
    (
        "a sequence went on",
        "select nextval('change_event_offset_seq')",
        "change_event_offset_seq",
    ),
    (
        "a grant too many",
        "grant select on topic_entity to public",
        "topic_entity",
    ),
    (
        "a trigger is off",
        "alter table tag_usage disable trigger tag_usage_lower",
        "tag_usage",
    ),
    (
        "a trigger is gone",
        "drop trigger tag_usage_lower on tag_usage",
        "tag_usage_lower",
    ),
    (
        "a view says something else",
        "create or replace view table_usage_view as select t.id, t.name, u.usagedate, u.count1 from table_entity t join entity_usage u on u.id::text = t.id::text where u.count1 > 0",
        "table_usage_view",
    ),
    (
        "an index is gone",
        "drop index \"DATABASE_CHANGE_LOG_s_idx\"",
        "DATABASE_CHANGE_LOG_s_idx",
    ),
    (
        "a constraint is gone",
        "alter table table_entity drop constraint table_entity_fqnhash_key",
        "table_entity_fqnhash_key",
    ),
    (
        "a default changed",
        "alter table task_sequence alter id drop default",
        "task_sequence",
    ),
    (
        "a comment appeared",
        "comment on table chart_entity is 'x'",
        "chart_entity",
    ),
];

/// `{reader}` is a user who has rights of his own on the source.
pub const MYSQL: &[Damage] = &[
    (
        "one row is gone",
        "delete from user_entity order by id limit 1",
        "user_entity",
    ),
    (
        "one key of one JSON value",
        "update table_entity set json = json_set(json, '$.displayName', 'x') order by id limit 1",
        "table_entity",
    ),
    (
        "one JSON number is a text",
        "update table_entity set json = json_set(json, '$.version', cast(json -> '$.version' as char)) order by id limit 1",
        "table_entity",
    ),
    (
        "an empty text is none",
        "update act_re_deployment set tenant_id_ = null where id_ = 'bare'",
        "act_re_deployment",
    ),
    (
        "an empty text stands where none stood",
        "update act_re_deployment set name_ = '' where id_ = 'bare'",
        "act_re_deployment",
    ),
    (
        "one row more",
        "insert into task_sequence values ()",
        "task_sequence",
    ),
    (
        "a counter went on",
        "alter table task_sequence auto_increment = 100000",
        "task_sequence",
    ),
    (
        "a column's collation",
        "alter table openmetadata_settings modify configType varchar(36) collate utf8mb4_bin not null",
        "openmetadata_settings",
    ),
    (
        "a table's collation for columns to come",
        "alter table topic_entity default collate utf8mb4_bin",
        "topic_entity",
    ),
    (
        "the database's collation",
        "alter database collate utf8mb4_bin",
        "collation",
    ),
    (
        "a generated column is computed otherwise",
        "alter table tag_usage modify tagFQN_lower varchar(256) generated always as (trim(lower(tagFQN))) stored",
        "tag_usage",
    ),
    (
        "an index is gone",
        "drop index table_entity_name_index on table_entity",
        "table_entity_name_index",
    ),
    (
        "a column may be null",
        "alter table openmetadata_settings modify configType varchar(36)",
        "openmetadata_settings",
    ),
    (
        "a default appeared",
        "alter table entity_usage alter count1 set default 0",
        "entity_usage",
    ),
    (
        "a comment appeared",
        "alter table chart_entity comment 'x'",
        "chart_entity",
    ),
    (
        "a trigger is gone",
        "drop trigger keep_settings",
        "keep_settings",
    ),
    (
        "a trigger does something else",
        "drop trigger keep_settings; create trigger keep_settings before update on openmetadata_settings for each row set new.json = old.json",
        "keep_settings",
    ),
    (
        "a view says something else",
        "create or replace view table_usage_view as select t.id, t.name, u.usageDate, u.count1 from table_entity t join entity_usage u on u.id = t.id where u.count1 > 0",
        "table_usage_view",
    ),
    (
        "a procedure is gone",
        "drop procedure purge_change_events",
        "purge_change_events",
    ),
    (
        "a function answers otherwise",
        "drop function to_tz_timestamp; create function to_tz_timestamp(moment varchar(64)) returns datetime deterministic return null",
        "to_tz_timestamp",
    ),
    (
        "a routine works in another mode",
        "drop function to_tz_timestamp; set session sql_mode = ''; create function to_tz_timestamp(moment VARCHAR(64)) returns datetime deterministic return str_to_date(moment, '%Y-%m-%dT%H:%i:%s')",
        "to_tz_timestamp",
    ),
    (
        "a routine acts for somebody else",
        "alter procedure purge_change_events sql security invoker",
        "purge_change_events",
    ),
    (
        "an event is off",
        "alter event purge_every_night disable",
        "purge_every_night",
    ),
    (
        "an event comes at another hour",
        "alter event purge_every_night on schedule every 2 day starts '2037-01-01 03:00:00'",
        "purge_every_night",
    ),
    (
        "a grant too many",
        "grant select on topic_entity to {reader}",
        "topic_entity",
    ),
    (
        "a grant for the whole database too many",
        "set @grant = concat('grant delete on `', replace(database(), '_', '\\\\_'), '`.* to {reader}'); prepare g from @grant; execute g",
        "{reader}",
    ),
];
