CREATE TABLE IF NOT EXISTS apps_data_store (
    identifier VARCHAR(256) NOT NULL,
    type VARCHAR(256) NOT NULL,
    json JSON NOT NULL,
    PRIMARY KEY (identifier)
);
