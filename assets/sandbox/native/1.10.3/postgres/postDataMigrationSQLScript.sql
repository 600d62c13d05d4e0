UPDATE bot_entity SET json = jsonb_set(json, '{provider}', '"system"') WHERE json ->> 'provider' IS NULL;
