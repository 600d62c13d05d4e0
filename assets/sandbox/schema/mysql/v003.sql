-- Practice deployment: relations between entities, their extensions, their use and their history.
CREATE TABLE IF NOT EXISTS entity_relationship (
    fromId VARCHAR(36) NOT NULL,
    toId VARCHAR(36) NOT NULL,
    fromEntity VARCHAR(256) NOT NULL,
    toEntity VARCHAR(256) NOT NULL,
    relation TINYINT NOT NULL,
    jsonSchema VARCHAR(256),
    json JSON,
    deleted BOOLEAN NOT NULL DEFAULT FALSE,
    INDEX entity_relationship_from_index (fromId, relation),
    INDEX entity_relationship_to_index (toId, relation),
    PRIMARY KEY (fromId, toId, relation)
);

CREATE TABLE IF NOT EXISTS field_relationship (
    fromFQN VARCHAR(2096) NOT NULL,
    toFQN VARCHAR(2096) NOT NULL,
    fromFQNHash VARCHAR(382) COLLATE ascii_bin NOT NULL,
    toFQNHash VARCHAR(382) COLLATE ascii_bin NOT NULL,
    fromType VARCHAR(256) NOT NULL,
    toType VARCHAR(256) NOT NULL,
    relation TINYINT NOT NULL,
    jsonSchema VARCHAR(256),
    json JSON,
    PRIMARY KEY (fromFQNHash, toFQNHash, relation)
);

CREATE TABLE IF NOT EXISTS entity_extension (
    id VARCHAR(36) NOT NULL,
    extension VARCHAR(256) NOT NULL,
    jsonSchema VARCHAR(256) NOT NULL,
    json JSON NOT NULL,
    PRIMARY KEY (id, extension)
);

CREATE TABLE IF NOT EXISTS entity_extension_time_series (
    entityFQNHash VARCHAR(768) COLLATE ascii_bin NOT NULL,
    extension VARCHAR(256) COLLATE ascii_bin NOT NULL,
    jsonSchema VARCHAR(256) NOT NULL,
    json JSON NOT NULL,
    timestamp BIGINT UNSIGNED GENERATED ALWAYS AS (json ->> '$.timestamp') NOT NULL,
    UNIQUE (entityFQNHash, extension, timestamp)
);

CREATE TABLE IF NOT EXISTS profiler_data_time_series (
    entityFQNHash VARCHAR(768) COLLATE ascii_bin NOT NULL,
    extension VARCHAR(256) COLLATE ascii_bin NOT NULL,
    jsonSchema VARCHAR(256) NOT NULL,
    json JSON NOT NULL,
    operation VARCHAR(256) GENERATED ALWAYS AS (json ->> '$.operation') STORED,
    timestamp BIGINT UNSIGNED GENERATED ALWAYS AS (json ->> '$.timestamp') NOT NULL,
    UNIQUE profiler_data_time_series_unique (entityFQNHash, extension, operation, timestamp)
);

CREATE TABLE IF NOT EXISTS data_quality_data_time_series (
    entityFQNHash VARCHAR(768) COLLATE ascii_bin NOT NULL,
    extension VARCHAR(256) COLLATE ascii_bin NOT NULL,
    jsonSchema VARCHAR(256) NOT NULL,
    json JSON NOT NULL,
    timestamp BIGINT UNSIGNED GENERATED ALWAYS AS (json ->> '$.timestamp') NOT NULL,
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
    source TINYINT NOT NULL,
    tagFQN VARCHAR(256) NOT NULL,
    tagFQNHash VARCHAR(382) COLLATE ascii_bin,
    targetFQNHash VARCHAR(1024) COLLATE ascii_bin,
    labelType TINYINT NOT NULL,
    state TINYINT NOT NULL,
    tagFQN_lower VARCHAR(256) GENERATED ALWAYS AS (LOWER(tagFQN)) STORED,
    UNIQUE (source, tagFQNHash, targetFQNHash)
);

CREATE TABLE IF NOT EXISTS change_event (
    eventType VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.eventType') NOT NULL,
    entityType VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.entityType') NOT NULL,
    userName VARCHAR(256) GENERATED ALWAYS AS (json ->> '$.userName') NOT NULL,
    eventTime BIGINT UNSIGNED GENERATED ALWAYS AS (json ->> '$.timestamp') NOT NULL,
    json JSON NOT NULL,
    `offset` BIGINT NOT NULL AUTO_INCREMENT,
    PRIMARY KEY (`offset`),
    INDEX change_event_event_time_index (eventTime)
);

CREATE TABLE IF NOT EXISTS thread_entity (
    id VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.id') STORED NOT NULL,
    entityId VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.entityId') NOT NULL,
    entityLink VARCHAR(3072) GENERATED ALWAYS AS (json ->> '$.about') NOT NULL,
    json JSON NOT NULL,
    createdAt BIGINT UNSIGNED GENERATED ALWAYS AS (json ->> '$.threadTs') STORED NOT NULL,
    updatedAt BIGINT UNSIGNED GENERATED ALWAYS AS (json ->> '$.updatedAt') NOT NULL,
    resolved BOOLEAN GENERATED ALWAYS AS (json -> '$.resolved'),
    taskStatus VARCHAR(64) GENERATED ALWAYS AS (json ->> '$.task.status'),
    PRIMARY KEY (id)
);
