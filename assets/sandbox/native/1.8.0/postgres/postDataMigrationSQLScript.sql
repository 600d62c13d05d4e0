UPDATE policy_entity SET json = jsonb_set(json, '{enabled}', 'true') WHERE json -> 'enabled' IS NULL;
