UPDATE tag_usage SET state = 1 WHERE state IS NULL;
