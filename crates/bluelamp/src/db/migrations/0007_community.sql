-- Moderation: evidence first, then the measure, what the platform made of it, and who looked again.

-- Evidence: everything held of a message at one moment, with one fingerprint, kept before anything is taken away (I6).
CREATE TABLE evidence (
  force {id} NOT NULL,
  id {id} NOT NULL,
  message {id} NOT NULL,
  account {id} NOT NULL,
  manifest {text} NOT NULL,             -- the JSON that is fingerprinted: words of every revision, ids, times, media by hash
  sha256 {text} NOT NULL CHECK (length(sha256) = 64),
  kept_at {int} NOT NULL,
  kept_by {text} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id)
) {strict};
CREATE INDEX evidence_by_message ON evidence (force, message, kept_at);

-- The managing team's word before somebody is blocked (LEICS-BLOCK-1). One word, one block.
CREATE TABLE advice (
  force {id} NOT NULL,
  id {id} NOT NULL,
  message {id} NOT NULL,
  account {id} NOT NULL,
  correspondent {id} NOT NULL,
  favours {int} NOT NULL,               -- 1: block; 0: do not
  says {text} NOT NULL CHECK (length(says) BETWEEN 1 AND 2000),
  given_by {text} NOT NULL,
  given_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id),
  FOREIGN KEY (force, correspondent) REFERENCES correspondent (force, id)
) {strict};
CREATE INDEX advice_by_correspondent ON advice (force, account, correspondent, given_at);

CREATE TABLE measure (
  force {id} NOT NULL,
  id {id} NOT NULL,
  kind {text} NOT NULL CHECK (kind IN ('hide', 'unhide', 'delete', 'report', 'block', 'unblock')),
  account {id} NOT NULL,
  message {id} NOT NULL,
  conversation {id} NOT NULL,           -- the post it stands under
  correspondent {id} NOT NULL,
  ground {text} NOT NULL,               -- a code of the pack's grounds; empty where a measure is taken back
  standard {text} NOT NULL,             -- the published standard, with the version in force that day (APP-COMM-1)
  pack {text} NOT NULL,
  reason {text} NOT NULL CHECK (length(reason) <= 2000),
  engaged_with {id},                    -- a message of theirs that the force answered
  no_engagement {text} NOT NULL,        -- or why there was no effort to engage
  advice {id},
  evidence {id},
  undoes {id},
  state {text} NOT NULL CHECK (state IN ('requested', 'sent', 'done', 'unknown', 'rejected', 'undone')),
  why {text} NOT NULL,                  -- what the platform said, or what is waited for
  attempts {int} NOT NULL,
  taken_by {text} NOT NULL,
  taken_at {int} NOT NULL,
  changed_at {int} NOT NULL,
  review_due_at {int},
  reviewed_by {text},
  reviewed_at {int},
  verdict {text} CHECK (verdict IS NULL OR verdict IN ('upheld', 'overturned')),
  review_note {text},
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id),
  FOREIGN KEY (force, conversation) REFERENCES conversation (force, id),
  FOREIGN KEY (force, correspondent) REFERENCES correspondent (force, id),
  FOREIGN KEY (force, evidence) REFERENCES evidence (force, id),
  FOREIGN KEY (force, advice) REFERENCES advice (force, id),
  FOREIGN KEY (force, undoes) REFERENCES measure (force, id),
  -- I6 a second time: the database itself takes no removal without its evidence.
  CHECK (kind NOT IN ('hide', 'delete', 'block') OR evidence IS NOT NULL)
) {strict};
CREATE INDEX measure_by_time ON measure (force, taken_at, id);
CREATE INDEX measure_by_message ON measure (force, message, taken_at);
CREATE INDEX measure_by_conversation ON measure (force, account, conversation, taken_at);
CREATE INDEX measure_by_correspondent ON measure (force, account, correspondent, taken_at);
CREATE INDEX measure_to_review ON measure (force, review_due_at) WHERE reviewed_at IS NULL AND review_due_at IS NOT NULL;
-- Two moderators at once: one of each kind under way on one message.
CREATE UNIQUE INDEX measure_once ON measure (force, message, kind) WHERE state IN ('requested', 'sent');

-- What happened to a measure, in order: every call to the platform leaves its line before it is made.
CREATE TABLE measure_event (
  force {id} NOT NULL,
  id {id} NOT NULL,
  measure {id} NOT NULL,
  came {text} NOT NULL,
  state {text} NOT NULL,
  why {text} NOT NULL,
  by {text} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, measure) REFERENCES measure (force, id)
) {strict};
CREATE INDEX measure_event_by_measure ON measure_event (force, measure, at, id);

-- Many comments of one post were removed: somebody is asked, once, to tell the public why (LEICS-MOD-3).
CREATE TABLE removal_prompt (
  force {id} NOT NULL,
  id {id} NOT NULL,
  account {id} NOT NULL,
  conversation {id} NOT NULL,
  measure {id} NOT NULL,                -- the one that made them many
  count {int} NOT NULL,
  text {text} NOT NULL,                 -- the explanation, ready to post
  raised_for {text} NOT NULL,
  raised_at {int} NOT NULL,
  state {text} NOT NULL CHECK (state IN ('open', 'explained', 'declined')),
  settled_by {text},
  settled_at {int},
  note {text},
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id),
  FOREIGN KEY (force, conversation) REFERENCES conversation (force, id),
  FOREIGN KEY (force, measure) REFERENCES measure (force, id)
) {strict};
CREATE INDEX removal_prompt_by_post ON removal_prompt (force, account, conversation, raised_at);
CREATE INDEX removal_prompt_open ON removal_prompt (force, raised_at) WHERE state = 'open';

-- What may meet a ground is listed newest first.
CREATE INDEX message_by_time ON message (force, received_at, id) WHERE state <> 'closed';

-- I11: evidence, advice and the lines of a measure are never updated, and deleted only under a disposal naming them.
-- @lite
CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'I11: evidence is never updated'); END;
CREATE TRIGGER evidence_kept BEFORE DELETE ON evidence
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'evidence' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this evidence'); END;
CREATE TRIGGER advice_stays BEFORE UPDATE ON advice BEGIN SELECT RAISE(ABORT, 'I11: advice is never updated'); END;
CREATE TRIGGER advice_kept BEFORE DELETE ON advice
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'advice' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this advice'); END;
CREATE TRIGGER measure_event_stays BEFORE UPDATE ON measure_event BEGIN SELECT RAISE(ABORT, 'I11: lines of a measure are never updated'); END;
CREATE TRIGGER measure_event_kept BEFORE DELETE ON measure_event
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'measure-event' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this line'); END;
-- @pg
CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER evidence_kept BEFORE DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION only_disposed('evidence');
CREATE TRIGGER advice_stays BEFORE UPDATE ON advice FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER advice_kept BEFORE DELETE ON advice FOR EACH ROW EXECUTE FUNCTION only_disposed('advice');
CREATE TRIGGER measure_event_stays BEFORE UPDATE ON measure_event FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER measure_event_kept BEFORE DELETE ON measure_event FOR EACH ROW EXECUTE FUNCTION only_disposed('measure-event');
-- @both
