-- Practice deployment: settings, sequences, a view and indexes on generated columns.
CREATE TABLE IF NOT EXISTS openmetadata_settings (
    id MEDIUMINT NOT NULL AUTO_INCREMENT,
    configType VARCHAR(36) NOT NULL,
    json JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (configType)
);

CREATE TABLE IF NOT EXISTS task_sequence (
    id SERIAL PRIMARY KEY,
    dummy VARCHAR(1)
);

CREATE TABLE IF NOT EXISTS user_tokens (
    token VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.token') STORED NOT NULL,
    userId VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.userId') STORED NOT NULL,
    tokenType VARCHAR(50) GENERATED ALWAYS AS (json ->> '$.tokenType') STORED NOT NULL,
    json JSON NOT NULL,
    expiryDate BIGINT UNSIGNED GENERATED ALWAYS AS (json ->> '$.expiryDate'),
    PRIMARY KEY (token)
);

CREATE INDEX tag_usage_tag_fqn_lower_index ON tag_usage (tagFQN_lower);

CREATE INDEX table_entity_name_index ON table_entity (name);

CREATE INDEX table_entity_deleted_index ON table_entity (deleted, fqnHash);

CREATE INDEX user_entity_email_lower_index ON user_entity ((LOWER(email)));

CREATE INDEX ingestion_pipeline_updated_index ON ingestion_pipeline_entity (deleted, updatedAt);

CREATE OR REPLACE VIEW table_usage_view AS
    SELECT t.id, t.name, u.usageDate, u.count1
    FROM table_entity t JOIN entity_usage u ON u.id = t.id;
