-- Practice deployment: relations between entities, their extensions, their use and their history.
CREATE TABLE IF NOT EXISTS entity_relationship (
    fromId VARCHAR(36) NOT NULL,
    toId VARCHAR(36) NOT NULL,
    fromEntity VARCHAR(256) NOT NULL,
    toEntity VARCHAR(256) NOT NULL,
    relation SMALLINT NOT NULL,
    jsonSchema VARCHAR(256),
    json TEXT,
    deleted BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (fromId, toId, relation)
);

CREATE INDEX IF NOT EXISTS entity_relationship_from_index ON entity_relationship (fromId, relation);

CREATE INDEX IF NOT EXISTS entity_relationship_to_index ON entity_relationship (toId, relation);

CREATE TABLE IF NOT EXISTS field_relationship (
    fromFQN VARCHAR(2096) NOT NULL,
    toFQN VARCHAR(2096) NOT NULL,
    fromFQNHash VARCHAR(382) NOT NULL,
    toFQNHash VARCHAR(382) NOT NULL,
    fromType VARCHAR(256) NOT NULL,
    toType VARCHAR(256) NOT NULL,
    relation SMALLINT NOT NULL,
    jsonSchema VARCHAR(256),
    json TEXT,
    PRIMARY KEY (fromFQNHash, toFQNHash, relation)
);

CREATE TABLE IF NOT EXISTS entity_extension (
    id VARCHAR(36) NOT NULL,
    extension VARCHAR(256) NOT NULL,
    jsonSchema VARCHAR(256) NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (id, extension)
);

CREATE TABLE IF NOT EXISTS entity_extension_time_series (
    entityFQNHash VARCHAR(768) NOT NULL,
    extension VARCHAR(256) NOT NULL,
    jsonSchema VARCHAR(256) NOT NULL,
    json TEXT NOT NULL,
    timestamp BIGINT GENERATED ALWAYS AS (json_extract(json, '$.timestamp')) STORED NOT NULL,
    UNIQUE (entityFQNHash, extension, timestamp)
);

CREATE TABLE IF NOT EXISTS profiler_data_time_series (
    entityFQNHash VARCHAR(768) NOT NULL,
    extension VARCHAR(256) NOT NULL,
    jsonSchema VARCHAR(256) NOT NULL,
    json TEXT NOT NULL,
    operation VARCHAR(256) GENERATED ALWAYS AS (json_extract(json, '$.operation')) STORED,
    timestamp BIGINT GENERATED ALWAYS AS (json_extract(json, '$.timestamp')) STORED NOT NULL,
    CONSTRAINT profiler_data_time_series_unique UNIQUE (entityFQNHash, extension, operation, timestamp)
);

CREATE TABLE IF NOT EXISTS data_quality_data_time_series (
    entityFQNHash VARCHAR(768) NOT NULL,
    extension VARCHAR(256) NOT NULL,
    jsonSchema VARCHAR(256) NOT NULL,
    json TEXT NOT NULL,
    timestamp BIGINT GENERATED ALWAYS AS (json_extract(json, '$.timestamp')) STORED NOT NULL,
    UNIQUE (entityFQNHash, extension, timestamp)
);

CREATE TABLE IF NOT EXISTS entity_usage (
    id VARCHAR(36) NOT NULL,
    entityType VARCHAR(20) NOT NULL,
    usageDate DATE,
    count1 INT,
    count7 INT,
    count30 INT,
    percentile1 INT,
    percentile7 INT,
    percentile30 INT,
    UNIQUE (usageDate, id)
);

CREATE TABLE IF NOT EXISTS tag_usage (
    source SMALLINT NOT NULL,
    tagFQN VARCHAR(256) NOT NULL,
    tagFQNHash VARCHAR(382),
    targetFQNHash VARCHAR(1024),
    labelType SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    tagFQN_lower VARCHAR(256),
    UNIQUE (source, tagFQNHash, targetFQNHash)
);

CREATE TABLE IF NOT EXISTS change_event (
    eventType VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.eventType')) STORED NOT NULL,
    entityType VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.entityType')) STORED NOT NULL,
    userName VARCHAR(256) GENERATED ALWAYS AS (json_extract(json, '$.userName')) STORED NOT NULL,
    eventTime BIGINT GENERATED ALWAYS AS (json_extract(json, '$.timestamp')) STORED NOT NULL,
    json TEXT NOT NULL,
    "offset" INTEGER PRIMARY KEY AUTOINCREMENT
);

CREATE INDEX IF NOT EXISTS change_event_event_time_index ON change_event (eventTime);

CREATE TABLE IF NOT EXISTS thread_entity (
    id VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.id')) STORED NOT NULL,
    entityId VARCHAR(36) GENERATED ALWAYS AS (json_extract(json, '$.entityId')) STORED NOT NULL,
    entityLink VARCHAR(3072) GENERATED ALWAYS AS (json_extract(json, '$.about')) STORED NOT NULL,
    json TEXT NOT NULL,
    createdAt BIGINT GENERATED ALWAYS AS (json_extract(json, '$.threadTs')) STORED NOT NULL,
    updatedAt BIGINT GENERATED ALWAYS AS (json_extract(json, '$.updatedAt')) STORED NOT NULL,
    resolved BOOLEAN GENERATED ALWAYS AS (json_extract(json, '$.resolved')) STORED,
    taskStatus VARCHAR(64) GENERATED ALWAYS AS (json_extract(json, '$.task.status')) STORED,
    UNIQUE (id)
);
