-- SQLite cannot add a stored column to a table: the table is rebuilt.
CREATE TABLE query_entity_rebuilt (
    id VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.id')) STORED NOT NULL,
    name VARCHAR(256) GENERATED ALWAYS AS (json_extract(json, '$.name')) STORED NOT NULL,
    updatedAt BIGINT GENERATED ALWAYS AS (json_extract(json, '$.updatedAt')) STORED NOT NULL,
    updatedBy VARCHAR(256) GENERATED ALWAYS AS (json_extract(json, '$.updatedBy')) STORED NOT NULL,
    deleted BOOLEAN GENERATED ALWAYS AS (json_extract(json, '$.deleted')) STORED,
    queryLength BIGINT GENERATED ALWAYS AS (length(json_extract(json, '$.query'))) STORED,
    json TEXT NOT NULL,
    nameHash VARCHAR(768) NOT NULL,
    UNIQUE (id),
    UNIQUE (nameHash)
);

INSERT INTO query_entity_rebuilt (json, nameHash) SELECT json, nameHash FROM query_entity;

DROP TABLE query_entity;

ALTER TABLE query_entity_rebuilt RENAME TO query_entity;

CREATE INDEX query_entity_name_index ON query_entity (name);
