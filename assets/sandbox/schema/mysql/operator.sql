-- Practice deployment: what an operator added by hand; a function, a procedure, a trigger, an event.
CREATE FUNCTION to_tz_timestamp(moment VARCHAR(64)) RETURNS DATETIME DETERMINISTIC
    RETURN STR_TO_DATE(moment, '%Y-%m-%dT%H:%i:%s');

CREATE PROCEDURE purge_change_events(IN least BIGINT)
    COMMENT 'the auditors want a year; it''s enough'
BEGIN
    DECLARE gone BIGINT DEFAULT 0;
    SELECT COUNT(*) INTO gone FROM change_event WHERE eventTime < least;
    IF gone > 0 THEN
        DELETE FROM change_event WHERE eventTime < least;
    END IF;
END;

CREATE TRIGGER keep_settings BEFORE UPDATE ON openmetadata_settings FOR EACH ROW
BEGIN
    IF JSON_TYPE(NEW.json) <> 'OBJECT' THEN
        SET NEW.json = OLD.json;
    END IF;
END;

CREATE EVENT purge_every_night ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 03:00:00'
    ON COMPLETION PRESERVE
    DO CALL purge_change_events(0);
