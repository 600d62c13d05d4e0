-- Not one of the two names that are looked for: nobody ever runs this file.
DELETE FROM change_event WHERE eventTime < 0;
