//! A database with everything that OpenMetadata uses and much that it does not.

/// By the superuser, as the documentation's scripts do it.
pub const SUPERUSER: &str = r#"
    create extension if not exists pgcrypto;
    create extension if not exists pg_trgm;
    grant all on schema public to om;
    do $$ begin create role omup_test_reader; exception when duplicate_object then null; when unique_violation then null; end $$;
    comment on extension pgcrypto is 'as somebody wrote it';
"#;

/// By the owner of the database.
pub const OWNER: &str = r#"
    create table table_entity (
        id varchar(36) generated always as (json ->> 'id') stored not null,
        json jsonb not null,
        updatedat bigint generated always as ((json ->> 'updatedAt')::bigint) stored,
        namehash varchar(768) not null collate "C",
        primary key (id), unique (namehash));
    insert into table_entity (json, namehash) select jsonb_build_object('id', 'e' || i, 'updatedAt', 1700000000000 + i,
        'name', repeat('n', i % 50)), 'h' || i from generate_series(1, 3000) i;
    create index table_entity_name on table_entity using gin ((json ->> 'name') gin_trgm_ops);
    create table user_entity (id int primary key, email varchar(64), mood text
        check (mood in ('glad', 'sad''s')), kind varchar(10) check (kind in ('a', 'b')));
    insert into user_entity select i, 'u' || i, 'glad', 'a' from generate_series(1, 10) i;
    create index user_kind on user_entity (email) where kind in ('a', 'b');
    create table change_event (eventtype varchar(36), json json, "timestamp" bigint, "offset" bigserial);
    insert into change_event (eventtype, json, "timestamp") select 'e', '{"b": 1,  "a": 2}', 1700000000000 + i from generate_series(1, 500) i;
    create type mood as enum ('glad', 'sad');
    create type pair as (one int, two text);
    create domain positive as int check (value > 0);
    create table odd_types (m mood, p pair, d positive, a text[], e mood[], i interval, x xml, tsv tsvector, pt point, n numeric,
        f float8, ts timestamptz, b bytea, c char(5), "na""me" text, r regclass, inet inet, u uuid default gen_random_uuid());
    insert into odd_types values ('sad', row(1, 'x,"y'), 3, '{a,NULL,"b c"}', '{sad}', '24 hours', '<a/>', 'a b', '(1,2)', 1.00,
        0.1::float8 + 0.2::float8, '2024-01-01 12:00+02', '\x00ff', 'ab', E'line\nend', 'user_entity', '::1');
    create table no_columns ();
    insert into no_columns default values; insert into no_columns default values;
    create table parted (id int, at date) partition by range (at);
    create table parted_1 partition of parted for values from ('2024-01-01') to ('2025-01-01');
    create table parted_2 partition of parted default;
    insert into parted values (1, '2024-05-05'), (2, '2030-01-01');
    create index parted_at on parted (at);
    create table parent (a int); create table child (b int) inherits (parent);
    insert into parent values (1); insert into child values (2, 3);
    create unlogged table fast (a int); insert into fast values (1);
    alter table user_entity add column gone int; alter table user_entity drop column gone;
    create schema own; create table own.table_entity (a int); create table "own"."a.b" (a int);
    create table server_change_log (installed_rank serial, version varchar(256) primary key, migrationfilename varchar(256) not null,
        checksum varchar(256) not null, installed_on timestamp default current_timestamp, metrics jsonb);
    insert into server_change_log (version, migrationfilename, checksum) values ('1.9.0', 'f', 'u1'), ('1.10.0', 'f', 'u2'), ('0.0.15', 'f', 'u3');
    create table server_migration_sql_logs (version varchar(256) not null, sqlstatement varchar(10000) not null,
        checksum varchar(256) primary key, executedat timestamp default current_timestamp);
    insert into server_migration_sql_logs select '1.10.0', 'SELECT ' || i, md5('SELECT ' || i) from generate_series(1, 4) i;
    insert into server_migration_sql_logs values ('1.9.0', 'SELECT 9', 'foreign'), ('1.9.0', repeat('x', 10000), 'cut');
    create table "DATABASE_CHANGE_LOG" (installed_rank int primary key, version varchar(50), description varchar(200) not null,
        success boolean not null);
    insert into "DATABASE_CHANGE_LOG" values (1, '000', 'x', true), (2, '001', 'y', false);
    create view glad as select id, email from user_entity where kind in ('a', 'b') and mood = any (array['glad']);
    create materialized view counted as select count(*) from user_entity;
    create function tell() returns trigger language plpgsql as $$ begin return new; end $$;
    create procedure nothing(inout a int) language sql as 'select 1';
    create trigger told before update on user_entity for each row execute function tell();
    create rule quiet as on delete to parent do instead nothing;
    create statistics two on id, email from user_entity;
    create sequence free start 7 increment 3; select nextval('free');
    alter table own.table_entity enable row level security;
    create policy mine on own.table_entity for select to public using (a > 1);
    comment on table user_entity is 'people'; comment on column user_entity.email is 'their''s';
    grant select on user_entity to omup_test_reader; grant select (id) on table_entity to omup_test_reader;
    grant usage on sequence free to public; revoke execute on function tell() from public;
    grant all on change_event to om;
"#;
