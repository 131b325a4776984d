-- What a colleague said when they raised an alarm, for whoever answers it (APP-COMM-4).
ALTER TABLE alert ADD COLUMN note {text} NOT NULL DEFAULT '';
