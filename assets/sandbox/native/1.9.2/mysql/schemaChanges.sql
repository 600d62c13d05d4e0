DELETE FROM apps_data_store WHERE type = 'obsolete';
