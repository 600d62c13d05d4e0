CREATE INDEX tag_usage_target_index ON tag_usage (targetFQNHash);
