CREATE TABLE IF NOT EXISTS apps_extension_time_series (
    appId VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.appId')) STORED NOT NULL,
    json TEXT NOT NULL,
    timestamp BIGINT GENERATED ALWAYS AS (json_extract(json, '$.timestamp')) STORED NOT NULL
);

CREATE INDEX IF NOT EXISTS apps_extension_time_series_id_index ON apps_extension_time_series (appId);
