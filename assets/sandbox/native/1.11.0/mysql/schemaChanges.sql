-- Cheap changes. None of them can be run twice: a statement that died before it was recorded
-- fails on the next attempt.
ALTER TABLE entity_extension ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE audit_log_event (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    change_event_id VARCHAR(36) NOT NULL UNIQUE,
    event_ts BIGINT UNSIGNED NOT NULL,
    event_type VARCHAR(32) NOT NULL,
    user_name VARCHAR(256),
    event_json LONGTEXT
) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci;

CREATE INDEX audit_log_event_ts_index ON audit_log_event (event_ts);

ALTER TABLE user_entity ADD COLUMN lastLoginTime BIGINT UNSIGNED;
