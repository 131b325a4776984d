-- Drafts with all their revisions, the posts that come of them, takedowns with their proof, and the cases they hang on.

-- A live legal matter or a search for a person (`case` is a word of SQL).
CREATE TABLE live_case (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  title {text} NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  stage {text} NOT NULL CHECK (stage IN ('open', 'arrested', 'charged', 'trial', 'convicted', 'closed')),
  opened_at {int} NOT NULL,
  stage_at {int} NOT NULL,
  PRIMARY KEY (force, id)
) {strict};
CREATE INDEX live_case_by_time ON live_case (force, stage_at);

CREATE TABLE draft (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  kind {text} NOT NULL CHECK (kind IN ('post', 'reply', 'appeal', 'arrest', 'charge', 'missing', 'wanted')),
  state {text} NOT NULL CHECK (state IN ('editing', 'scheduled', 'sending', 'live', 'partly-live', 'failed', 'expired', 'withdrawn', 'taking-down', 'taken-down')),
  for_at {int},                         -- when it goes out: scheduled and sending alone
  revision {int} NOT NULL CHECK (revision >= 1),
  author {id} NOT NULL,
  sent_by {id},                         -- who published or scheduled it; the system sends on their behalf
  purpose {text} NOT NULL,
  audience {text} NOT NULL,
  language {text} NOT NULL,
  text {text} NOT NULL,
  case_id {id},
  message {id},                         -- a reply: the message it answers
  reply_to {text},                      -- a reply: where it belongs, as the connector said
  why {text} NOT NULL,                  -- why it failed, expired or was withdrawn; empty otherwise
  created_at {int} NOT NULL,
  changed_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, author) REFERENCES person (force, id),
  FOREIGN KEY (force, case_id) REFERENCES live_case (force, id),
  CHECK ((state IN ('scheduled', 'sending')) = (for_at IS NOT NULL))
) {strict};
CREATE INDEX draft_by_state ON draft (force, state, changed_at, id);
CREATE INDEX draft_by_case ON draft (force, case_id) WHERE case_id IS NOT NULL;
CREATE INDEX draft_by_message ON draft (force, message) WHERE message IS NOT NULL;

CREATE TABLE draft_account (
  force {id} NOT NULL,
  draft {id} NOT NULL,
  account {id} NOT NULL,
  PRIMARY KEY (force, draft, account),
  FOREIGN KEY (force, draft) REFERENCES draft (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id)
) {strict};
CREATE INDEX draft_account_by_account ON draft_account (force, account);

-- Other words for one platform.
CREATE TABLE draft_text (
  force {id} NOT NULL,
  draft {id} NOT NULL,
  platform {text} NOT NULL,
  text {text} NOT NULL,
  PRIMARY KEY (force, draft, platform),
  FOREIGN KEY (force, draft) REFERENCES draft (force, id)
) {strict};

-- Pictures, re-encoded here; the bytes are in the object store.
CREATE TABLE draft_media (
  force {id} NOT NULL,
  draft {id} NOT NULL,
  nth {int} NOT NULL,
  object {text} NOT NULL CHECK (length(object) = 64),
  mime {text} NOT NULL,
  width {int} NOT NULL,
  height {int} NOT NULL,
  size {int} NOT NULL,
  name {text} NOT NULL,
  alt {text} NOT NULL,
  had_metadata {int} NOT NULL,
  PRIMARY KEY (force, draft, nth),
  FOREIGN KEY (force, draft) REFERENCES draft (force, id)
) {strict};

-- Evidence: what each revision held, so that it can be shown what was agreed to and what went out.
CREATE TABLE draft_revision (
  force {id} NOT NULL,
  id {id} NOT NULL,
  draft {id} NOT NULL,
  revision {int} NOT NULL,
  content {text} NOT NULL,
  by_whom {text} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, draft, revision),
  FOREIGN KEY (force, draft) REFERENCES draft (force, id)
) {strict};

-- One part of a draft on one account.
CREATE TABLE post (
  force {id} NOT NULL,
  id {id} NOT NULL,
  draft {id} NOT NULL,
  account {id} NOT NULL,
  part {int} NOT NULL,
  parts {int} NOT NULL,
  revision {int} NOT NULL,              -- of the draft, as it went
  key {id} NOT NULL,                    -- made once; the same on every attempt
  text {text} NOT NULL,
  state {text} NOT NULL CHECK (state IN ('waiting', 'unknown', 'live', 'rejected', 'expired', 'cancelled', 'leaving', 'gone', 'missing')),
  due_at {int} NOT NULL,
  decided_at {int} NOT NULL,            -- the instant given to the platform, the same on every attempt
  remote_id {text},
  url {text} NOT NULL,
  extra {text} NOT NULL,
  why {text} NOT NULL,
  live_at {int},
  read_back_at {int},
  read_back {text},                     -- what the platform showed then: `same`, `differs`, `gone`
  gone_at {int},
  PRIMARY KEY (force, id),
  UNIQUE (force, draft, revision, account, part, due_at),
  FOREIGN KEY (force, draft) REFERENCES draft (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id)
) {strict};
CREATE INDEX post_by_draft ON post (force, draft, account, part);
CREATE INDEX post_by_account ON post (force, account, live_at);
CREATE INDEX post_by_remote ON post (force, account, remote_id) WHERE remote_id IS NOT NULL;

-- machinery: our side of each call to a platform, written before it, so that a killed program asks before it tries again
CREATE TABLE attempt (
  force {id} NOT NULL,
  post {id} NOT NULL,
  nth {int} NOT NULL,
  started_at {int} NOT NULL,
  ended_at {int},
  came {text},
  receipt {text},
  detail {text},
  PRIMARY KEY (force, post, nth)
) {strict};

CREATE TABLE takedown (
  force {id} NOT NULL,
  id {id} NOT NULL,
  draft {id} NOT NULL,
  reason {text} NOT NULL,
  by_whom {text} NOT NULL,
  at {int} NOT NULL,
  proved_at {int},                      -- when the last of its posts was read back as gone
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, draft) REFERENCES draft (force, id)
) {strict};
CREATE INDEX takedown_by_draft ON takedown (force, draft, at);

-- machinery: pictures that went through re-encoding; a draft can take these and no other object
CREATE TABLE upload (
  force {id} NOT NULL,
  object {text} NOT NULL,
  mime {text} NOT NULL,
  width {int} NOT NULL,
  height {int} NOT NULL,
  size {int} NOT NULL,
  had_metadata {int} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (force, object)
) {strict};

-- machinery: what someone is typing, by person and draft, so that no word is lost; gone once it is saved
CREATE TABLE scratch (
  force {id} NOT NULL,
  person {id} NOT NULL,
  place {text} NOT NULL,
  revision {int} NOT NULL,
  body {text} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (force, person, place)
) {strict};

-- I11: what a revision held is never updated, and deleted only under a disposal that names it.
-- @lite
CREATE TRIGGER draft_revision_stays BEFORE UPDATE ON draft_revision BEGIN SELECT RAISE(ABORT, 'I11: revisions of drafts are never updated'); END;
CREATE TRIGGER draft_revision_kept BEFORE DELETE ON draft_revision
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'draft-revision' AND d.item = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this revision'); END;
-- @pg
CREATE TRIGGER draft_revision_stays BEFORE UPDATE ON draft_revision FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER draft_revision_kept BEFORE DELETE ON draft_revision FOR EACH ROW EXECUTE FUNCTION only_disposed('draft-revision');
-- @both
