CREATE INDEX entity_extension_extension_index ON entity_extension (extension);

CREATE INDEX field_relationship_from_index ON field_relationship (fromFQNHash, relation);

CREATE INDEX field_relationship_to_index ON field_relationship (toFQNHash, relation);
