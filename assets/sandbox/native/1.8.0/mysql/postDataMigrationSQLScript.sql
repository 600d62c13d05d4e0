UPDATE policy_entity SET json = JSON_SET(json, '$.enabled', true) WHERE JSON_EXTRACT(json, '$.enabled') IS NULL;
