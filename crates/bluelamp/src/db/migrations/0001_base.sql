-- The ground everything stands on: forces, people as principals, packs, the ledger, held acts, jobs.
-- A table is governed (changed only through acts) unless a `machinery:` or `door:` line above it says why not.
-- Governed tables have a `force` column and, on PostgreSQL, row-level security. Instants are microseconds UTC,
-- civil dates are YYYY-MM-DD text, booleans are 0 and 1.

-- machinery: says once and for ever whether this installation is live or a demonstration
CREATE TABLE installation (
  one {int} NOT NULL PRIMARY KEY CHECK (one = 1),
  mode {text} NOT NULL CHECK (mode IN ('live', 'demo')),
  created_at {int} NOT NULL
) {strict};

-- door: the list of forces is read before a force is known
CREATE TABLE force (
  id {id} NOT NULL PRIMARY KEY,
  force {id} NOT NULL,
  slug {text} NOT NULL UNIQUE CHECK (length(slug) BETWEEN 2 AND 60),
  title {text} NOT NULL,
  zone {text} NOT NULL,
  created_at {int} NOT NULL,
  CHECK (id = force)
) {strict};

CREATE TABLE person (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  name {text} NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  email {text} NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  kind {text} NOT NULL CHECK (kind IN ('officer', 'staff', 'pcso', 'special', 'volunteer', 'cadet', 'agency', 'bank', 'consultant', 'temporary')),
  level {int} NOT NULL CHECK (level BETWEEN 0 AND 9),
  job_title {text} NOT NULL,
  areas {text} NOT NULL,                -- JSON list of area names
  exceptions {text} NOT NULL,           -- JSON list of rule ids lifted for this person
  trained_on {text} CHECK (trained_on IS NULL OR length(trained_on) = 10),
  state {text} NOT NULL CHECK (state IN ('invited', 'active', 'suspended', 'left')),
  created_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, email)
) {strict};

CREATE TABLE person_role (
  force {id} NOT NULL,
  person {id} NOT NULL,
  role {text} NOT NULL,
  granted_at {int} NOT NULL,
  PRIMARY KEY (force, person, role),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};

-- Which accounts a person may act on (APP-ROLE-9). The account's own table belongs to a later area.
CREATE TABLE authorisation (
  force {id} NOT NULL,
  person {id} NOT NULL,
  account {id} NOT NULL,
  granted_at {int} NOT NULL,
  PRIMARY KEY (force, person, account),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};
CREATE INDEX authorisation_by_account ON authorisation (force, account);

CREATE TABLE duty (
  force {id} NOT NULL,
  id {id} NOT NULL,
  person {id} NOT NULL,
  started_at {int} NOT NULL,
  ended_at {int},
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};
CREATE INDEX duty_open ON duty (force, person) WHERE ended_at IS NULL;

-- machinery: policy text by content hash; which one runs is a governed row of pack_adoption
CREATE TABLE pack_file (
  hash {text} NOT NULL,
  path {text} NOT NULL,
  body {blob} NOT NULL,
  PRIMARY KEY (hash, path)
) {strict};

CREATE TABLE pack_adoption (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  hash {text} NOT NULL,
  name {text} NOT NULL,
  version {text} NOT NULL,
  adopted_at {int} NOT NULL,
  adopted_by {text} NOT NULL,
  PRIMARY KEY (force, id)
) {strict};

CREATE TABLE ledger_entry (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  at {int} NOT NULL,
  act {text} NOT NULL,
  decision {text} NOT NULL CHECK (decision IN ('done', 'held', 'refused')),
  principal {text} NOT NULL,
  subject {id},
  account {id},
  body {blob} NOT NULL,                 -- the canonical bytes that are hashed
  PRIMARY KEY (force, id)
) {strict};
CREATE INDEX ledger_entry_by_subject ON ledger_entry (force, subject, at);
CREATE INDEX ledger_entry_by_act ON ledger_entry (force, act, at);

-- What an entry only commits to; deleted at disposal, leaving the proof.
CREATE TABLE ledger_value (
  force {id} NOT NULL,
  entry {id} NOT NULL,
  name {text} NOT NULL,
  value {text} NOT NULL,
  random {blob} NOT NULL,
  PRIMARY KEY (force, entry, name),
  FOREIGN KEY (force, entry) REFERENCES ledger_entry (force, id)
) {strict};

-- machinery: entries waiting for their place; the sequencer empties it
CREATE TABLE ledger_pending (
  seq {serial} PRIMARY KEY,             -- an act that saw another's work comes after it, whatever the clock says
  force {id} NOT NULL,
  entry {id} NOT NULL,
  at {int} NOT NULL,
  UNIQUE (force, entry)
) {strict};
CREATE INDEX ledger_pending_order ON ledger_pending (force, seq);

-- machinery: the order the sequencer gave
CREATE TABLE ledger_place (
  force {id} NOT NULL,
  idx {int} NOT NULL,
  entry {id} NOT NULL,
  PRIMARY KEY (force, idx),
  UNIQUE (force, entry)
) {strict};

-- machinery: hashes of the tree's nodes, by their stored index
CREATE TABLE ledger_hash (
  force {id} NOT NULL,
  idx {int} NOT NULL,
  hash {blob} NOT NULL,
  PRIMARY KEY (force, idx)
) {strict};

-- machinery: signed heads of the tree
CREATE TABLE ledger_checkpoint (
  force {id} NOT NULL,
  size {int} NOT NULL,
  note {text} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (force, size)
) {strict};

-- Signing keys of the force's ledger: the secret is sealed by the vault, a rotation is signed by old and new.
CREATE TABLE ledger_key (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  verifier {text} NOT NULL,
  sealed {blob} NOT NULL,
  rotation {text},
  since {int} NOT NULL,
  PRIMARY KEY (force, id)
) {strict};

-- An act that waits for someone's agreement, stored whole.
CREATE TABLE held_act (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  act {text} NOT NULL,
  input {text} NOT NULL,
  principal {text} NOT NULL,
  subject {id} NOT NULL,
  rests_on {text} NOT NULL,
  reasons {text} NOT NULL,
  pack {text} NOT NULL,
  held_at {int} NOT NULL,
  expires_at {int} NOT NULL,
  state {text} NOT NULL CHECK (state IN ('waiting', 'released', 'declined', 'expired')),
  settled_at {int},
  settled_by {text},
  note {text},
  PRIMARY KEY (force, id)
) {strict};
CREATE INDEX held_act_waiting ON held_act (force, held_at) WHERE state = 'waiting';
CREATE INDEX held_act_by_subject ON held_act (force, subject);

-- A release is a fact: this rule is lifted for this thing as it was then.
CREATE TABLE release (
  force {id} NOT NULL,
  id {id} NOT NULL,
  held {id} NOT NULL,
  subject {id} NOT NULL,
  rests_on {text} NOT NULL,
  rule {text} NOT NULL,
  released_by {text} NOT NULL,
  released_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, held) REFERENCES held_act (force, id)
) {strict};
CREATE INDEX release_by_subject ON release (force, subject, rests_on);

-- machinery: work caused by acts, claimed with a lease; what it changes it changes through acts
CREATE TABLE job (
  force {id} NOT NULL,
  id {id} NOT NULL,
  kind {text} NOT NULL,
  key {text} NOT NULL,
  input {text} NOT NULL,
  not_before {int} NOT NULL,
  attempts {int} NOT NULL,
  fence {int} NOT NULL,
  leased_until {int} NOT NULL,
  state {text} NOT NULL CHECK (state IN ('waiting', 'done', 'given-up')),
  last_error {text},
  finished_at {int},
  PRIMARY KEY (force, id),
  UNIQUE (force, key)
) {strict};
CREATE INDEX job_ready ON job (not_before) WHERE state = 'waiting';

-- machinery: what an act with an idempotency key came to, so that a repeat answers the same
CREATE TABLE idempotency (
  force {id} NOT NULL,
  principal {text} NOT NULL,
  key {text} NOT NULL,
  act {text} NOT NULL,
  digest {text} NOT NULL,
  outcome {text} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (force, principal, key)
) {strict};

-- What permits the deletion of ledger values and evidence: a disposal that names them, in the same transaction.
CREATE TABLE disposal (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  at {int} NOT NULL,
  rule {text} NOT NULL,
  PRIMARY KEY (force, id)
) {strict};
CREATE TABLE disposal_item (
  force {id} NOT NULL,
  disposal {id} NOT NULL,
  kind {text} NOT NULL,
  item {id} NOT NULL,
  PRIMARY KEY (force, kind, item),
  FOREIGN KEY (force, disposal) REFERENCES disposal (force, id)
) {strict};

-- I11: ledger rows are never updated, and deleted only under a disposal that names them.
-- @lite
CREATE TRIGGER ledger_entry_stays BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'I11: ledger entries are never updated'); END;
CREATE TRIGGER ledger_entry_kept BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'I11: ledger entries are never deleted'); END;
CREATE TRIGGER ledger_place_stays BEFORE UPDATE ON ledger_place BEGIN SELECT RAISE(ABORT, 'I11: places are never updated'); END;
CREATE TRIGGER ledger_place_kept BEFORE DELETE ON ledger_place BEGIN SELECT RAISE(ABORT, 'I11: places are never deleted'); END;
CREATE TRIGGER ledger_hash_stays BEFORE UPDATE ON ledger_hash BEGIN SELECT RAISE(ABORT, 'I11: hashes are never updated'); END;
CREATE TRIGGER ledger_hash_kept BEFORE DELETE ON ledger_hash BEGIN SELECT RAISE(ABORT, 'I11: hashes are never deleted'); END;
CREATE TRIGGER ledger_value_stays BEFORE UPDATE ON ledger_value BEGIN SELECT RAISE(ABORT, 'I11: ledger values are never updated'); END;
CREATE TRIGGER ledger_value_kept BEFORE DELETE ON ledger_value
  WHEN NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = 'ledger-value' AND d.item = OLD.entry)
  BEGIN SELECT RAISE(ABORT, 'I11: a disposal must name this value'); END;
-- @pg
CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'I11: % is never changed', TG_TABLE_NAME USING ERRCODE = '23514'; END $$;
CREATE FUNCTION only_disposed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM disposal_item d WHERE d.force = OLD.force AND d.kind = TG_ARGV[0] AND d.item = CASE WHEN TG_ARGV[0] = 'ledger-value' THEN (to_jsonb(OLD) ->> 'entry')::uuid ELSE (to_jsonb(OLD) ->> 'id')::uuid END)
  THEN RAISE EXCEPTION 'I11: a disposal must name this row of %', TG_TABLE_NAME USING ERRCODE = '23514'; END IF;
  RETURN OLD; END $$;
CREATE TRIGGER ledger_entry_stays BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER ledger_place_stays BEFORE UPDATE OR DELETE ON ledger_place FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER ledger_hash_stays BEFORE UPDATE OR DELETE ON ledger_hash FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER ledger_value_stays BEFORE UPDATE ON ledger_value FOR EACH ROW EXECUTE FUNCTION never();
CREATE TRIGGER ledger_value_kept BEFORE DELETE ON ledger_value FOR EACH ROW EXECUTE FUNCTION only_disposed('ledger-value');
-- @both
