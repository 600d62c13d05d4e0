-- Practice deployment: settings, sequences, a view, a trigger and indexes on generated columns.
CREATE OR REPLACE FUNCTION to_tz_timestamp(text) RETURNS TIMESTAMP WITH TIME ZONE AS
$$
    SELECT to_timestamp($1, 'YYYY-MM-DD"T"HH24:MI:SS')::timestamptz;
$$ LANGUAGE sql STABLE;

CREATE TABLE IF NOT EXISTS openmetadata_settings (
    id SERIAL NOT NULL,
    configType VARCHAR(36) NOT NULL,
    json JSONB NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (configType)
);

CREATE SEQUENCE IF NOT EXISTS task_sequence_id_seq START WITH 1;

CREATE TABLE IF NOT EXISTS task_sequence (
    id BIGINT NOT NULL DEFAULT nextval('task_sequence_id_seq'),
    dummy VARCHAR(1),
    PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS user_tokens (
    token VARCHAR(36) GENERATED ALWAYS AS (json ->> 'token') STORED NOT NULL,
    userId VARCHAR(36) GENERATED ALWAYS AS (json ->> 'userId') STORED NOT NULL,
    tokenType VARCHAR(50) GENERATED ALWAYS AS (json ->> 'tokenType') STORED NOT NULL,
    json JSONB NOT NULL,
    expiryDate BIGINT GENERATED ALWAYS AS ((json ->> 'expiryDate')::bigint) STORED NOT NULL,
    PRIMARY KEY (token)
);

CREATE OR REPLACE FUNCTION set_tag_fqn_lower() RETURNS trigger AS
$body$
BEGIN
    NEW.tagFQN_lower := lower(NEW.tagFQN);
    RETURN NEW;
END;
$body$ LANGUAGE plpgsql;

CREATE TRIGGER tag_usage_lower BEFORE INSERT OR UPDATE OF tagFQN ON tag_usage FOR EACH ROW EXECUTE FUNCTION set_tag_fqn_lower();

CREATE INDEX IF NOT EXISTS tag_usage_tag_fqn_lower_index ON tag_usage (tagFQN_lower);

CREATE INDEX IF NOT EXISTS table_entity_name_index ON table_entity (name);

CREATE INDEX IF NOT EXISTS table_entity_deleted_index ON table_entity (deleted, fqnHash);

CREATE INDEX IF NOT EXISTS user_entity_email_lower_index ON user_entity (lower(email));

CREATE INDEX IF NOT EXISTS ingestion_pipeline_updated_index ON ingestion_pipeline_entity (updatedAt) WHERE deleted = FALSE;

CREATE OR REPLACE VIEW table_usage_view AS
    SELECT t.id, t.name, u.usageDate, u.count1
    FROM table_entity t JOIN entity_usage u ON u.id = t.id;
