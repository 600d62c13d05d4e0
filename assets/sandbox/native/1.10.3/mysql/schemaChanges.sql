CREATE INDEX entity_relationship_deleted_index ON entity_relationship (deleted, toEntity);
