CREATE TABLE IF NOT EXISTS learning_resource_entity (
    id VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.id') STORED NOT NULL,
    name VARCHAR(256) GENERATED ALWAYS AS (json ->> '$.name') NOT NULL,
    fqnHash VARCHAR(768) COLLATE ascii_bin NOT NULL,
    json JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (fqnHash)
);

UPDATE query_entity SET json = JSON_SET(json, '$.processedLineage', false) WHERE JSON_EXTRACT(json, '$.processedLineage') IS NULL;

UPDATE table_entity SET json = JSON_SET(json, '$.entityStatus', 'Unprocessed') WHERE json ->> '$.entityStatus' IS NULL;

UPDATE profiler_data_time_series SET json = JSON_SET(json, '$.profileType', SUBSTRING_INDEX(SUBSTRING_INDEX(extension, '.', 2), '.', -1)) WHERE JSON_EXTRACT(json, '$.profileType') IS NULL;

CREATE INDEX profiler_data_time_series_timestamp_index ON profiler_data_time_series (timestamp);
