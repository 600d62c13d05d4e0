CREATE INDEX query_entity_name_index ON query_entity (name);
