CREATE TABLE IF NOT EXISTS entity_deletion_lock (
    id VARCHAR(36) NOT NULL,
    entityId VARCHAR(36) NOT NULL,
    entityType VARCHAR(256) NOT NULL,
    lockedAt TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id)
);

CREATE INDEX entity_deletion_lock_entity_index ON entity_deletion_lock (entityId, entityType);
