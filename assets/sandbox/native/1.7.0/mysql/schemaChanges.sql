CREATE INDEX entity_usage_type_index ON entity_usage (entityType, usageDate);
