CREATE TABLE IF NOT EXISTS consumers_dlq (
    id VARCHAR(36) NOT NULL,
    extension VARCHAR(256) NOT NULL,
    json TEXT NOT NULL,
    source VARCHAR(256) NOT NULL,
    timestamp BIGINT GENERATED ALWAYS AS (json_extract(json, '$.timestamp')) STORED NOT NULL,
    UNIQUE (id, extension)
);
