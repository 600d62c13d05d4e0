CREATE TABLE IF NOT EXISTS persona_entity (
    id VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.id') STORED NOT NULL,
    name VARCHAR(256) GENERATED ALWAYS AS (json ->> '$.name') NOT NULL,
    nameHash VARCHAR(256) COLLATE ascii_bin NOT NULL,
    json JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (nameHash)
);

CREATE TABLE IF NOT EXISTS doc_store (
    id VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.id') STORED NOT NULL,
    entityType VARCHAR(256) GENERATED ALWAYS AS (json ->> '$.entityType') NOT NULL,
    fqnHash VARCHAR(256) COLLATE ascii_bin NOT NULL,
    json JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (fqnHash)
);
