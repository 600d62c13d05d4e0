CREATE TABLE IF NOT EXISTS learning_resource_entity (
    id VARCHAR(36) GENERATED ALWAYS AS (json ->> 'id') STORED NOT NULL,
    name VARCHAR(256) GENERATED ALWAYS AS (json ->> 'name') STORED NOT NULL,
    fqnHash VARCHAR(768) NOT NULL,
    json JSONB NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (fqnHash)
);

UPDATE query_entity SET json = jsonb_set(json, '{processedLineage}', 'false') WHERE json -> 'processedLineage' IS NULL;

UPDATE table_entity SET json = jsonb_set(json, '{entityStatus}', '"Unprocessed"') WHERE json ->> 'entityStatus' IS NULL;

UPDATE profiler_data_time_series SET json = json || jsonb_build_object('profileType', split_part(extension, '.', 2)) WHERE json -> 'profileType' IS NULL;

CREATE INDEX IF NOT EXISTS profiler_data_time_series_timestamp_index ON profiler_data_time_series (timestamp);
