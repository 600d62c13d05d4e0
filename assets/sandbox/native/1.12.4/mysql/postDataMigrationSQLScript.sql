DELETE FROM entity_extension WHERE extension = 'entity.obsolete';

UPDATE openmetadata_settings SET json = JSON_SET(json, '$.upgradedTo', '1.12') WHERE configType = 'searchSettings';
