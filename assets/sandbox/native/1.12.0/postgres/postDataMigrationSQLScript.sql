UPDATE ingestion_pipeline_entity SET json = jsonb_set(json::jsonb, '{enableStreamableLogs}', 'false')::json WHERE json::jsonb -> 'enableStreamableLogs' IS NULL;
