UPDATE role_entity SET json = JSON_SET(json, '$.provider', 'system') WHERE json ->> '$.provider' IS NULL;
