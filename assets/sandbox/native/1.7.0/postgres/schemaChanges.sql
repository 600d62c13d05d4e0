CREATE INDEX IF NOT EXISTS entity_usage_type_index ON entity_usage (entityType, usageDate);
