UPDATE ingestion_pipeline_entity SET json = JSON_SET(json, '$.enableStreamableLogs', false) WHERE JSON_EXTRACT(json, '$.enableStreamableLogs') IS NULL;
