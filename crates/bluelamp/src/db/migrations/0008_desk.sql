-- The desk: assessments, alarms and whom they reached, referrals, notes, routing, replies, how messages ended.
-- Claim, state and outcome stand on the message itself (0005), where the queue reads them.

-- What a person decided of a message under THRIVE: one row each time, the newest counts (LEICS-TRIAGE-2).
CREATE TABLE assessment (
  force {id} NOT NULL,
  id {id} NOT NULL,
  message {id} NOT NULL,
  by {id} NOT NULL,
  at {int} NOT NULL,
  thrive {int} NOT NULL,                -- bits in the order of the word
  answers {text} NOT NULL,              -- JSON: all six, each with why
  decided {text} NOT NULL CHECK (decided IN ('immediate', 'look', 'priority', 'routine', 'none')),
  reason {text} NOT NULL,
  lowers {int} NOT NULL,
  revision {text} NOT NULL,             -- of the message, as it was read
  triage_pack {text} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, by) REFERENCES person (force, id)
) {strict};
CREATE INDEX assessment_by_message ON assessment (force, message, at);

-- An alarm: it rings until a person acknowledges it (APP-ROLE-3).
CREATE TABLE alert (
  force {id} NOT NULL,
  id {id} NOT NULL,
  account {id} NOT NULL,
  message {id},
  kind {text} NOT NULL CHECK (kind IN ('immediate', 'escalated', 'quarantine', 'gap', 'reply_failed')),
  raised_at {int} NOT NULL,
  raised_by {text} NOT NULL,
  contact {text} NOT NULL CHECK (contact IN ('on_duty', 'supervisor', 'command', 'corporate_communications', 'everyone')),
  round {int} NOT NULL,
  next_at {int} NOT NULL,
  acknowledged_at {int},
  acknowledged_by {id},
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, acknowledged_by) REFERENCES person (force, id)
) {strict};
CREATE INDEX alert_open ON alert (force, raised_at) WHERE acknowledged_at IS NULL;
CREATE INDEX alert_by_message ON alert (force, message) WHERE message IS NOT NULL;
CREATE INDEX alert_by_time ON alert (force, raised_at, id);

-- Whom an alarm reached, when and how.
CREATE TABLE alert_notice (
  force {id} NOT NULL,
  id {id} NOT NULL,
  alert {id} NOT NULL,
  person {id} NOT NULL,
  round {int} NOT NULL,
  how {text} NOT NULL CHECK (how IN ('screen', 'mail')),
  at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, alert, round, person, how),
  FOREIGN KEY (force, alert) REFERENCES alert (force, id),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};

-- What left for another desk or system, with our own reference and a target (APP-ROLE-4).
CREATE TABLE referral (
  force {id} NOT NULL,
  id {id} NOT NULL,
  message {id} NOT NULL,
  account {id} NOT NULL,
  kind {text} NOT NULL,
  year {int} NOT NULL,
  number {int} NOT NULL,
  reference {text} NOT NULL,
  theirs {text} NOT NULL,
  note {text} NOT NULL,
  target_at {int} NOT NULL,
  by {id} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, kind, year, number),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, by) REFERENCES person (force, id)
) {strict};
CREATE INDEX referral_by_message ON referral (force, message, at);

CREATE TABLE message_note (
  force {id} NOT NULL,
  id {id} NOT NULL,
  message {id} NOT NULL,
  by {id} NOT NULL,
  at {int} NOT NULL,
  text {text} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, by) REFERENCES person (force, id)
) {strict};
CREATE INDEX message_note_by_message ON message_note (force, message, at);

-- Passed on to an area or a person, with a target; back to the desk when nobody answers by then (LEICS-TRIAGE-3).
CREATE TABLE routing (
  force {id} NOT NULL,
  id {id} NOT NULL,
  message {id} NOT NULL,
  account {id} NOT NULL,
  area {text} NOT NULL,
  person {id},
  note {text} NOT NULL,
  by {text} NOT NULL,                   -- a person's id, or the scheduler
  at {int} NOT NULL,
  target_at {int},
  ended_at {int},
  ended {text} CHECK (ended IS NULL OR ended IN ('answered', 'closed', 'passed-on', 'fell-back')),
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};
CREATE UNIQUE INDEX routing_open ON routing (force, message) WHERE ended_at IS NULL;
CREATE INDEX routing_by_message ON routing (force, message, at);

-- How a message ended, and that it was opened again: one row each time.
CREATE TABLE closure (
  force {id} NOT NULL,
  id {id} NOT NULL,
  message {id} NOT NULL,
  outcome {text} NOT NULL,              -- or 'reopened'
  note {text} NOT NULL,
  by {id} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, by) REFERENCES person (force, id)
) {strict};
CREATE INDEX closure_by_message ON closure (force, message, at);

-- A reply from the desk, or a first word to someone (then without a message): decided by an act, sent by a job.
CREATE TABLE reply (
  force {id} NOT NULL,
  id {id} NOT NULL,
  account {id} NOT NULL,
  message {id},
  private {int} NOT NULL,
  text {text} NOT NULL,
  key {text} NOT NULL,                  -- made once; the platform gets the same one on every attempt
  state {text} NOT NULL CHECK (state IN ('waiting', 'unknown', 'sent', 'failed')),
  why {text} NOT NULL,
  by {id} NOT NULL,
  at {int} NOT NULL,
  remote_id {text},
  url {text},
  extra {text},
  settled_at {int},
  PRIMARY KEY (force, id),
  UNIQUE (force, key),
  FOREIGN KEY (force, account) REFERENCES account (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, by) REFERENCES person (force, id)
) {strict};
CREATE INDEX reply_by_message ON reply (force, message, at) WHERE message IS NOT NULL;

-- machinery: each time a reply was put on the wire; one without an end means that nobody knows, and the platform is asked
CREATE TABLE reply_attempt (
  force {id} NOT NULL,
  reply {id} NOT NULL,
  nth {int} NOT NULL,
  began_at {int} NOT NULL,
  ended_at {int},
  came {text},
  PRIMARY KEY (force, reply, nth)
) {strict};

-- machinery: who opened a message first, so that what nobody has read can be shown (LEICS-USE-1)
CREATE TABLE message_seen (
  force {id} NOT NULL,
  message {id} NOT NULL,
  person {id} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (force, message)
) {strict};

-- Organisations that may be written to first (APP-COMM-10): councils, charities, other services.
CREATE TABLE organisation (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  platform {text} NOT NULL,
  handle {text} NOT NULL,
  handle_folded {text} NOT NULL,
  title {text} NOT NULL,
  listed_at {int} NOT NULL,
  by {id} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, platform, handle_folded),
  FOREIGN KEY (force, by) REFERENCES person (force, id)
) {strict};

-- I11: what people decided and wrote down is never changed, and deleted only under a disposal that names it.
-- @lite
CREATE TRIGGER assessment_stays BEFORE UPDATE ON assessment BEGIN SELECT RAISE(ABORT, 'I11: assessments are never updated'); END;
CREATE TRIGGER assessment_kept BEFORE DELETE ON assessment
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'assessment' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this assessment'); END;
CREATE TRIGGER message_note_stays BEFORE UPDATE ON message_note BEGIN SELECT RAISE(ABORT, 'I11: notes are never updated'); END;
CREATE TRIGGER message_note_kept BEFORE DELETE ON message_note
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'message-note' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this note'); END;
CREATE TRIGGER referral_stays BEFORE UPDATE ON referral BEGIN SELECT RAISE(ABORT, 'I11: referrals are never updated'); END;
CREATE TRIGGER referral_kept BEFORE DELETE ON referral
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'referral' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this referral'); END;
CREATE TRIGGER closure_stays BEFORE UPDATE ON closure BEGIN SELECT RAISE(ABORT, 'I11: closures are never updated'); END;
CREATE TRIGGER closure_kept BEFORE DELETE ON closure
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'closure' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this closure'); END;
-- @pg
CREATE TRIGGER assessment_stays BEFORE UPDATE ON assessment FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER assessment_kept BEFORE DELETE ON assessment FOR EACH ROW EXECUTE FUNCTION only_disposed('assessment');
CREATE TRIGGER message_note_stays BEFORE UPDATE ON message_note FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER message_note_kept BEFORE DELETE ON message_note FOR EACH ROW EXECUTE FUNCTION only_disposed('message-note');
CREATE TRIGGER referral_stays BEFORE UPDATE ON referral FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER referral_kept BEFORE DELETE ON referral FOR EACH ROW EXECUTE FUNCTION only_disposed('referral');
CREATE TRIGGER closure_stays BEFORE UPDATE ON closure FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER closure_kept BEFORE DELETE ON closure FOR EACH ROW EXECUTE FUNCTION only_disposed('closure');
-- @both
