CREATE INDEX IF NOT EXISTS tag_usage_target_index ON tag_usage (targetFQNHash);
