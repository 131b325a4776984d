-- What people sign in with, where from, and how often they may try.

-- Passkeys (their public data), passwords (argon2id) and authenticator apps (the secret sealed by the vault).
CREATE TABLE credential (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  person {id} NOT NULL,
  kind {text} NOT NULL CHECK (kind IN ('passkey', 'password', 'totp')),
  name {text} NOT NULL,
  handle {blob},                        -- a passkey's own id
  data {text} NOT NULL,                 -- a passkey's public data as JSON, a password's argon2id hash
  sealed {blob},                        -- an authenticator app's secret
  last_step {int} NOT NULL,             -- the last time step whose code was used: none works twice
  added_at {int} NOT NULL,
  used_at {int},
  PRIMARY KEY (force, id),
  UNIQUE (force, handle),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};
CREATE INDEX credential_by_person ON credential (force, person);

CREATE TABLE recovery_code (
  force {id} NOT NULL,
  person {id} NOT NULL,
  place {int} NOT NULL CHECK (place BETWEEN 0 AND 9),
  hash {text} NOT NULL,                 -- argon2id
  made_at {int} NOT NULL,
  used_at {int},
  PRIMARY KEY (force, person, place),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};

-- Devices and networks that a person has signed in from: a new one alerts (APP-SEC-10).
CREATE TABLE sign_in_mark (
  force {id} NOT NULL,
  id {id} NOT NULL,
  person {id} NOT NULL,
  kind {text} NOT NULL CHECK (kind IN ('device', 'place')),
  mark {text} NOT NULL,
  says {text} NOT NULL,
  first_at {int} NOT NULL,
  last_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  UNIQUE (force, person, kind, mark),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};
CREATE INDEX sign_in_mark_new ON sign_in_mark (force, first_at);

-- machinery: a sign-in or enrolment under way, by the hash of its browser's secret; it ends within minutes
CREATE TABLE ceremony (
  secret {blob} NOT NULL PRIMARY KEY,
  kind {text} NOT NULL,
  force {id},
  person {id},
  state {text} NOT NULL,
  ends_at {int} NOT NULL
) {strict};
CREATE INDEX ceremony_by_end ON ceremony (ends_at);

-- machinery: failures to sign in, counted by name and by address; forgotten after an hour
CREATE TABLE sign_in_attempt (
  counted {text} NOT NULL PRIMARY KEY,
  failures {int} NOT NULL,
  last_at {int} NOT NULL
) {strict};
CREATE INDEX sign_in_attempt_by_age ON sign_in_attempt (last_at);

-- When the session's person last proved themselves: drastic acts ask for a recent proof.
ALTER TABLE session ADD COLUMN factor_at {int} NOT NULL DEFAULT 0;
CREATE INDEX session_by_sign_of_life ON session (seen_at);
CREATE INDEX token_by_person ON token (force, person);
