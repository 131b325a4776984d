-- What comes in: raw bodies before anything is made of them, messages with all their revisions, media as evidence,
-- quarantine, and from when to when each account's intake is complete.

-- Evidence: the bytes as they came, committed before the platform is told that we have them (I5). Up to 64 kB here,
-- larger in the object store, which is written first.
CREATE TABLE intake_raw (
  force {id} NOT NULL,
  id {id} NOT NULL,
  account {id} NOT NULL,
  source {text} NOT NULL CHECK (source IN ('webhook', 'poll', 'stream', 'revisit', 'replay')),
  kind {text} NOT NULL,
  digest {text} NOT NULL CHECK (length(digest) = 64),
  size {int} NOT NULL,
  body {blob},
  object {text},
  received_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, account, kind, digest),
  FOREIGN KEY (force, account) REFERENCES account (force, id),
  CHECK ((body IS NULL) <> (object IS NULL))
) {strict};

-- machinery: raw bodies of which nothing has been made yet; emptied by intake, first of all on start
CREATE TABLE intake_todo (
  force {id} NOT NULL,
  raw {id} NOT NULL,
  account {id} NOT NULL,
  received_at {int} NOT NULL,
  not_before {int} NOT NULL,
  attempts {int} NOT NULL,
  trouble {text},                       -- a code: why it still waits
  PRIMARY KEY (force, raw)
) {strict};
CREATE INDEX intake_todo_due ON intake_todo (force, account, not_before, received_at);

-- machinery: where each account's poll stands, who holds its worker, when it last went well
CREATE TABLE intake_cursor (
  force {id} NOT NULL,
  account {id} NOT NULL,
  cursor {text},
  good_at {int},
  tried_at {int},
  next_at {int} NOT NULL,
  failures {int} NOT NULL,
  trouble {text},
  revisited_at {int} NOT NULL,
  holder {text},
  leased_until {int} NOT NULL,
  fence {int} NOT NULL,
  PRIMARY KEY (force, account)
) {strict};

-- From when to when intake is complete, and the gaps between. An open one has no end.
CREATE TABLE intake_span (
  force {id} NOT NULL,
  id {id} NOT NULL,
  account {id} NOT NULL,
  kind {text} NOT NULL CHECK (kind IN ('complete', 'gap', 'filled', 'lost')),
  from_at {int} NOT NULL,
  to_at {int},
  why {text} NOT NULL,
  noted_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id)
) {strict};
CREATE INDEX intake_span_by_account ON intake_span (force, account, from_at);

-- A member of the public as seen on one platform. Never merged across platforms (I9).
CREATE TABLE correspondent (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  platform {text} NOT NULL,
  realm {text} NOT NULL,                -- the server that gave the id, where ids are a server's own
  remote_id {text} NOT NULL,
  handle {text} NOT NULL,
  name {text} NOT NULL,
  first_at {int} NOT NULL,
  last_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, platform, realm, remote_id)
) {strict};

CREATE TABLE conversation (
  force {id} NOT NULL,
  id {id} NOT NULL,
  account {id} NOT NULL,
  root {text} NOT NULL,
  private {int} NOT NULL,
  started_at {int} NOT NULL,
  last_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, account, root),
  FOREIGN KEY (force, account) REFERENCES account (force, id)
) {strict};

CREATE TABLE message (
  force {id} NOT NULL,
  id {id} NOT NULL,
  account {id} NOT NULL,
  conversation {id} NOT NULL,
  correspondent {id} NOT NULL,
  raw {id} NOT NULL,
  remote_id {text} NOT NULL,
  kind {text} NOT NULL CHECK (kind IN ('comment', 'mention', 'private', 'review')),
  text {text} NOT NULL,                 -- the newest revision
  revision {text} NOT NULL,
  revisions {int} NOT NULL,
  language {text},
  url {text},
  parent {text},
  root {text},
  extra {text} NOT NULL,                -- what the connector needs for a later reply or measure
  sent_at {int} NOT NULL,
  received_at {int} NOT NULL,
  edited_at {int},
  deleted_at {int},
  -- What software says of it; never less than before (I3).
  priority {int} NOT NULL CHECK (priority BETWEEN 0 AND 3),  -- 0 immediate, 1 look, 2 priority, 3 routine
  due_at {int} NOT NULL,
  route {text} NOT NULL,
  thrive {int} NOT NULL,                -- bits in the order of the word: 1 threat … 32 engagement
  triage {text} NOT NULL,               -- the whole statement as JSON, with the words that made it
  triage_pack {text} NOT NULL,
  -- What the desk makes of it, through its acts.
  state {text} NOT NULL CHECK (state IN ('open', 'waiting', 'closed')),
  area {text} NOT NULL,                 -- whose queue besides the account's; empty: nobody's
  claimed_by {id},
  claimed_until {int},
  assessed_at {int},
  answered_at {int},
  closed_at {int},
  outcome {text},
  hidden {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, account, remote_id),
  FOREIGN KEY (force, account) REFERENCES account (force, id),
  FOREIGN KEY (force, conversation) REFERENCES conversation (force, id),
  FOREIGN KEY (force, correspondent) REFERENCES correspondent (force, id),
  FOREIGN KEY (force, raw) REFERENCES intake_raw (force, id)
) {strict};
CREATE INDEX message_queue ON message (force, priority, due_at, id) WHERE state <> 'closed';
CREATE INDEX message_by_account ON message (force, account, received_at);
CREATE INDEX message_by_conversation ON message (force, conversation, sent_at);
CREATE INDEX message_by_correspondent ON message (force, correspondent, sent_at);
CREATE INDEX message_claimed ON message (force, claimed_by) WHERE claimed_by IS NOT NULL AND state <> 'closed';

-- Evidence: every revision as it was, the first included; a deletion is one too.
CREATE TABLE message_revision (
  force {id} NOT NULL,
  id {id} NOT NULL,
  message {id} NOT NULL,
  raw {id} NOT NULL,
  revision {text} NOT NULL,
  nth {int} NOT NULL,
  deleted {int} NOT NULL,
  text {text} NOT NULL,
  triage {text} NOT NULL,
  at {int} NOT NULL,
  noted_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, message, revision),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, raw) REFERENCES intake_raw (force, id)
) {strict};

-- Pictures and the like: the original as evidence, a copy for showing.
CREATE TABLE media (
  force {id} NOT NULL,
  id {id} NOT NULL,
  message {id} NOT NULL,
  account {id} NOT NULL,
  nth {int} NOT NULL,
  url {text} NOT NULL,
  mime {text},
  alt {text},
  state {text} NOT NULL CHECK (state IN ('waiting', 'kept', 'kept-unshown', 'missing')),
  why {text} NOT NULL,
  object {text},                        -- SHA-256 of the original
  size {int},
  copy {text},                          -- SHA-256 of the re-encoded copy
  copy_mime {text},
  width {int},
  height {int},
  kept_at {int},
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id)
) {strict};
CREATE INDEX media_by_message ON media (force, message, nth);

-- What could not be read, triaged or decided: never lost, on the desk's front page.
CREATE TABLE quarantine (
  force {id} NOT NULL,
  id {id} NOT NULL,
  raw {id} NOT NULL,
  account {id} NOT NULL,
  code {text} NOT NULL,                 -- unreadable, untriageable, undecided, edit-of-unknown
  why {text} NOT NULL,
  at {int} NOT NULL,
  state {text} NOT NULL CHECK (state IN ('waiting', 'again', 'dismissed')),
  settled_at {int},
  settled_by {text},
  note {text},
  PRIMARY KEY (force, id),
  UNIQUE (force, raw, at),
  FOREIGN KEY (force, raw) REFERENCES intake_raw (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id)
) {strict};
CREATE INDEX quarantine_waiting ON quarantine (force, at) WHERE state = 'waiting';

-- I11: evidence is never updated, and deleted only under a disposal that names it.
-- @lite
CREATE TRIGGER intake_raw_stays BEFORE UPDATE ON intake_raw BEGIN SELECT RAISE(ABORT, 'I11: raw bodies are never updated'); END;
CREATE TRIGGER intake_raw_kept BEFORE DELETE ON intake_raw
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'intake-raw' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this raw body'); END;
CREATE TRIGGER message_revision_stays BEFORE UPDATE ON message_revision BEGIN SELECT RAISE(ABORT, 'I11: revisions are never updated'); END;
CREATE TRIGGER message_revision_kept BEFORE DELETE ON message_revision
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'message-revision' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this revision'); END;
CREATE TRIGGER media_stays BEFORE UPDATE ON media WHEN OLD.object IS NOT NULL BEGIN SELECT RAISE(ABORT, 'I11: kept media are never updated'); END;
CREATE TRIGGER media_kept BEFORE DELETE ON media
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'media' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this medium'); END;
-- @pg
CREATE TRIGGER intake_raw_stays BEFORE UPDATE ON intake_raw FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER intake_raw_kept BEFORE DELETE ON intake_raw FOR EACH ROW EXECUTE FUNCTION only_disposed('intake-raw');
CREATE TRIGGER message_revision_stays BEFORE UPDATE ON message_revision FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER message_revision_kept BEFORE DELETE ON message_revision FOR EACH ROW EXECUTE FUNCTION only_disposed('message-revision');
CREATE TRIGGER media_stays BEFORE UPDATE ON media FOR EACH ROW WHEN (OLD.object IS NOT NULL) EXECUTE FUNCTION never();
CREATE TRIGGER media_kept BEFORE DELETE ON media FOR EACH ROW EXECUTE FUNCTION only_disposed('media');
-- @both
