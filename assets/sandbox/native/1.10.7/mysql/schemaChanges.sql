CREATE INDEX glossary_term_name_index ON glossary_term_entity (name);
