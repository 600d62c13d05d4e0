CREATE INDEX IF NOT EXISTS query_entity_name_index ON query_entity (name);
