-- What a colleague said when they raised an alarm, for whoever answers it (APP-COMM-4).
ALTER TABLE alert ADD COLUMN note {text} NOT NULL DEFAULT '';

-- Response times without reading every closed message.
CREATE INDEX message_dealt_with ON message (force, received_at, answered_at, closed_at) WHERE answered_at IS NOT NULL OR closed_at IS NOT NULL;

-- The last answer to a person, however often they wrote.
CREATE INDEX message_answered ON message (force, correspondent, answered_at) WHERE answered_at IS NOT NULL;
