-- Rewrites whole tables under a metadata lock.
ALTER TABLE query_entity ADD COLUMN queryLength BIGINT GENERATED ALWAYS AS (CHAR_LENGTH(json ->> '$.query')) STORED;

ALTER TABLE profiler_data_time_series MODIFY COLUMN entityFQNHash VARCHAR(1024) COLLATE ascii_bin NOT NULL, MODIFY COLUMN operation VARCHAR(256);

ALTER TABLE change_event MODIFY COLUMN `offset` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT;

ALTER TABLE change_event MODIFY COLUMN `offset` BIGINT NOT NULL AUTO_INCREMENT;
