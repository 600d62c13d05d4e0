CREATE TABLE IF NOT EXISTS persona_entity (
    id VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.id')) STORED NOT NULL,
    name VARCHAR(256) GENERATED ALWAYS AS (json_extract(json, '$.name')) STORED NOT NULL,
    nameHash VARCHAR(256) NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (id),
    UNIQUE (nameHash)
);

CREATE TABLE IF NOT EXISTS doc_store (
    id VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.id')) STORED NOT NULL,
    entityType VARCHAR(256) GENERATED ALWAYS AS (json_extract(json, '$.entityType')) STORED NOT NULL,
    fqnHash VARCHAR(256) NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (id),
    UNIQUE (fqnHash)
);
