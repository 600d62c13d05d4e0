CREATE INDEX thread_entity_resolved_index ON thread_entity (resolved);
