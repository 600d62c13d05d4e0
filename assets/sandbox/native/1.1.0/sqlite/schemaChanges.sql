CREATE INDEX IF NOT EXISTS entity_extension_extension_index ON entity_extension (extension);

CREATE INDEX IF NOT EXISTS field_relationship_from_index ON field_relationship (fromFQNHash, relation);

CREATE INDEX IF NOT EXISTS field_relationship_to_index ON field_relationship (toFQNHash, relation);
