UPDATE role_entity SET json = json_set(json, '$.provider', 'system') WHERE json_extract(json, '$.provider') IS NULL;
