CREATE TABLE IF NOT EXISTS learning_resource_entity (
    id VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.id')) STORED NOT NULL,
    name VARCHAR(256) GENERATED ALWAYS AS (json_extract(json, '$.name')) STORED NOT NULL,
    fqnHash VARCHAR(768) NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (id),
    UNIQUE (fqnHash)
);

UPDATE query_entity SET json = json_set(json, '$.processedLineage', json('false')) WHERE json_type(json, '$.processedLineage') IS NULL;

UPDATE table_entity SET json = json_set(json, '$.entityStatus', 'Unprocessed') WHERE json_extract(json, '$.entityStatus') IS NULL;

UPDATE profiler_data_time_series SET json = json_set(json, '$.profileType', substr(extension, instr(extension, '.') + 1)) WHERE json_extract(json, '$.profileType') IS NULL;

CREATE INDEX IF NOT EXISTS profiler_data_time_series_timestamp_index ON profiler_data_time_series (timestamp);
