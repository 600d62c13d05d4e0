CREATE INDEX IF NOT EXISTS entity_relationship_deleted_index ON entity_relationship (deleted, toEntity);
