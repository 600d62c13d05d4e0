-- Rewrites whole tables under an exclusive lock.
ALTER TABLE query_entity ADD COLUMN queryLength BIGINT GENERATED ALWAYS AS (length(json ->> 'query')) STORED;

ALTER TABLE profiler_data_time_series ALTER COLUMN entityFQNHash TYPE VARCHAR(1024) COLLATE "C", ALTER COLUMN operation DROP EXPRESSION;

ALTER TABLE change_event ALTER COLUMN "offset" TYPE NUMERIC(20, 0);

ALTER TABLE change_event ALTER COLUMN "offset" TYPE BIGINT;
