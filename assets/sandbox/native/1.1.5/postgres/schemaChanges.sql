CREATE INDEX IF NOT EXISTS thread_entity_resolved_index ON thread_entity (resolved);
