CREATE INDEX IF NOT EXISTS change_event_entity_index ON change_event (entityType, eventTime);
