UPDATE ingestion_pipeline_entity SET json = json_set(json, '$.enableStreamableLogs', json('false')) WHERE json_type(json, '$.enableStreamableLogs') IS NULL;
