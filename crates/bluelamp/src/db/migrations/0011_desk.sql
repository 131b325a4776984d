-- The desk: an alarm may be about a post that did not go out; what is passed on to one person is found by that person;
-- replies go out by publishing's outbox, and what stood in the desk's own moves there (docs/adr/0006).

CREATE INDEX routing_by_person ON routing (force, person, at) WHERE ended_at IS NULL;

-- SQLite changes no check, so the table is made anew, and the one that points at it with it.
-- @lite
CREATE TABLE alert_next (
  force {id} NOT NULL,
  id {id} NOT NULL,
  account {id} NOT NULL,
  message {id},
  kind {text} NOT NULL CHECK (kind IN ('immediate', 'escalated', 'quarantine', 'gap', 'reply_failed', 'post_failed')),
  raised_at {int} NOT NULL,
  raised_by {text} NOT NULL,
  contact {text} NOT NULL CHECK (contact IN ('on_duty', 'supervisor', 'command', 'corporate_communications', 'everyone')),
  round {int} NOT NULL,
  next_at {int} NOT NULL,
  acknowledged_at {int},
  acknowledged_by {id},
  draft {id},
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, account) REFERENCES account (force, id),
  FOREIGN KEY (force, message) REFERENCES message (force, id),
  FOREIGN KEY (force, acknowledged_by) REFERENCES person (force, id),
  FOREIGN KEY (force, draft) REFERENCES draft (force, id)
) {strict};
INSERT INTO alert_next (force, id, account, message, kind, raised_at, raised_by, contact, round, next_at, acknowledged_at, acknowledged_by)
  SELECT force, id, account, message, kind, raised_at, raised_by, contact, round, next_at, acknowledged_at, acknowledged_by FROM alert;
CREATE TABLE alert_notice_next (
  force {id} NOT NULL,
  id {id} NOT NULL,
  alert {id} NOT NULL,
  person {id} NOT NULL,
  round {int} NOT NULL,
  how {text} NOT NULL CHECK (how IN ('screen', 'mail')),
  at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, alert, round, person, how),
  FOREIGN KEY (force, alert) REFERENCES alert_next (force, id),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};
INSERT INTO alert_notice_next (force, id, alert, person, round, how, at) SELECT force, id, alert, person, round, how, at FROM alert_notice;
DROP TABLE alert_notice;
DROP TABLE alert;
ALTER TABLE alert_next RENAME TO alert;
ALTER TABLE alert_notice_next RENAME TO alert_notice;
CREATE INDEX alert_open ON alert (force, raised_at) WHERE acknowledged_at IS NULL;
CREATE INDEX alert_by_message ON alert (force, message) WHERE message IS NOT NULL;
CREATE INDEX alert_by_time ON alert (force, raised_at, id);
-- @pg
-- Row-level security binds the owner too; it is taken off what is moved, and put back after every migration.
ALTER TABLE reply NO FORCE ROW LEVEL SECURITY;
ALTER TABLE message NO FORCE ROW LEVEL SECURITY;
ALTER TABLE correspondent NO FORCE ROW LEVEL SECURITY;
ALTER TABLE draft NO FORCE ROW LEVEL SECURITY;
ALTER TABLE draft_account NO FORCE ROW LEVEL SECURITY;
ALTER TABLE draft_revision NO FORCE ROW LEVEL SECURITY;
ALTER TABLE post NO FORCE ROW LEVEL SECURITY;
ALTER TABLE alert DROP CONSTRAINT alert_kind_check;
ALTER TABLE alert ADD CONSTRAINT alert_kind_check CHECK (kind IN ('immediate', 'escalated', 'quarantine', 'gap', 'reply_failed', 'post_failed'));
ALTER TABLE alert ADD COLUMN draft {id};
ALTER TABLE alert ADD CONSTRAINT alert_draft_fkey FOREIGN KEY (force, draft) REFERENCES draft (force, id);
-- @both
CREATE INDEX alert_by_draft ON alert (force, draft) WHERE draft IS NOT NULL;

-- A reply is a draft of its own kind with one post; both keep its id.
INSERT INTO draft (force, id, kind, state, for_at, revision, author, purpose, audience, language, text, message, reply_to, why, created_at, changed_at)
  SELECT r.force, r.id, 'reply',
    CASE r.state WHEN 'sent' THEN 'live' WHEN 'failed' THEN 'failed' ELSE 'sending' END,
    CASE WHEN r.state IN ('waiting', 'unknown') THEN r.at END,
    1, r.by, '', '', 'en', r.text, r.message,
    CASE WHEN m.id IS NOT NULL THEN
      {lite:json_object('remote_id', m.remote_id, 'extra', json(m.extra), 'private', json(CASE WHEN r.private = 1 THEN 'true' ELSE 'false' END), 'author_id', c.remote_id, 'author_handle', c.handle)}{pg:json_build_object('remote_id', m.remote_id, 'extra', m.extra::json, 'private', r.private = 1, 'author_id', c.remote_id, 'author_handle', c.handle)::text}
    END,
    r.why, r.at, COALESCE(r.settled_at, r.at)
  FROM reply r
  LEFT JOIN message m ON m.force = r.force AND m.id = r.message
  LEFT JOIN correspondent c ON c.force = m.force AND c.id = m.correspondent;
INSERT INTO draft_account (force, draft, account) SELECT force, id, account FROM reply;
INSERT INTO draft_revision (force, id, draft, revision, content, by_whom, at)
  SELECT force, id, id, 1,
    {lite:json_object('kind', 'reply', 'purpose', '', 'audience', '', 'text', text, 'language', 'en')}{pg:json_build_object('kind', 'reply', 'purpose', '', 'audience', '', 'text', text, 'language', 'en')::text},
    {lite:lower(substr(hex(by), 1, 8) || '-' || substr(hex(by), 9, 4) || '-' || substr(hex(by), 13, 4) || '-' || substr(hex(by), 17, 4) || '-' || substr(hex(by), 21))}{pg:by::text}, at
  FROM reply;
INSERT INTO post (force, id, draft, account, part, parts, revision, key, text, state, due_at, decided_at, remote_id, url, extra, why, live_at)
  SELECT force, id, id, account, 1, 1, 1, {lite:unhex(replace(key, '-', ''))}{pg:key::uuid}, text,
    CASE state WHEN 'sent' THEN 'live' WHEN 'failed' THEN 'rejected' ELSE state END,
    at, at, remote_id, COALESCE(url, ''), COALESCE(extra, {lite:json_object()}{pg:json_build_object()::text}), why, CASE WHEN state = 'sent' THEN COALESCE(settled_at, at) END
  FROM reply;
INSERT INTO attempt (force, post, nth, started_at, ended_at, came)
  SELECT force, reply, nth, began_at, ended_at, CASE came WHEN 'done' THEN 'live' WHEN 'broken' THEN 'limited' ELSE came END FROM reply_attempt;
-- What was on its way goes on, with the same key to the platform.
UPDATE job SET kind = 'publishing.deliver', input = replace(input, '"reply"', '"post"') WHERE kind = 'desk.send_reply';
DROP TABLE reply_attempt;
DROP TABLE reply;
