UPDATE policy_entity SET json = json_set(json, '$.enabled', json('true')) WHERE json_extract(json, '$.enabled') IS NULL;
