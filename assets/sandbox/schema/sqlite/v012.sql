-- Practice deployment: settings, sequences, a view, a trigger and indexes on generated columns.
CREATE TABLE IF NOT EXISTS openmetadata_settings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    configType VARCHAR(36) NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (configType)
);

CREATE TABLE IF NOT EXISTS task_sequence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dummy VARCHAR(1)
);

CREATE TABLE IF NOT EXISTS user_tokens (
    token VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.token')) STORED NOT NULL,
    userId VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.userId')) STORED NOT NULL,
    tokenType VARCHAR(50) GENERATED ALWAYS AS (json_extract(json, '$.tokenType')) STORED NOT NULL,
    json TEXT NOT NULL,
    expiryDate BIGINT GENERATED ALWAYS AS (json_extract(json, '$.expiryDate')) STORED NOT NULL,
    UNIQUE (token)
);

CREATE TRIGGER IF NOT EXISTS tag_usage_lower AFTER INSERT ON tag_usage BEGIN
    UPDATE tag_usage SET tagFQN_lower = lower(NEW.tagFQN) WHERE rowid = NEW.rowid;
END;

CREATE INDEX IF NOT EXISTS tag_usage_tag_fqn_lower_index ON tag_usage (tagFQN_lower);

CREATE INDEX IF NOT EXISTS table_entity_name_index ON table_entity (name);

CREATE INDEX IF NOT EXISTS table_entity_deleted_index ON table_entity (deleted, fqnHash);

CREATE INDEX IF NOT EXISTS user_entity_email_lower_index ON user_entity (lower(email));

CREATE INDEX IF NOT EXISTS ingestion_pipeline_updated_index ON ingestion_pipeline_entity (updatedAt) WHERE deleted = FALSE;

CREATE VIEW IF NOT EXISTS table_usage_view AS
    SELECT t.id, t.name, u.usageDate, u.count1
    FROM table_entity t JOIN entity_usage u ON u.id = t.id;
