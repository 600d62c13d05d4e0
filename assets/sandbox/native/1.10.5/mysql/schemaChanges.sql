CREATE INDEX change_event_entity_index ON change_event (entityType, eventTime);
