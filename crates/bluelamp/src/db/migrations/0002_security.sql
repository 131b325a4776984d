-- Sessions and tokens: how a request finds its person.

-- machinery: who is signed in; what was signed in to is in the ledger (security.sign_in, security.end_session)
CREATE TABLE session (
  id {id} NOT NULL PRIMARY KEY,
  force {id} NOT NULL REFERENCES force (id),
  person {id} NOT NULL,
  secret {blob} NOT NULL UNIQUE,        -- SHA-256 of the cookie's value
  second_factor {int} NOT NULL,
  device {text} NOT NULL,               -- what the browser says it is, shortened
  device_hash {blob} NOT NULL,          -- the long-lived device cookie's hash: a new one alerts (APP-SEC-10)
  address {text} NOT NULL,
  created_at {int} NOT NULL,
  seen_at {int} NOT NULL,
  ends_at {int} NOT NULL,
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};
CREATE INDEX session_by_person ON session (force, person);

-- machinery: a token's secret and limits; issuing and revoking are acts
CREATE TABLE token (
  id {id} NOT NULL PRIMARY KEY,
  force {id} NOT NULL REFERENCES force (id),
  person {id} NOT NULL,
  secret {blob} NOT NULL UNIQUE,
  name {text} NOT NULL,
  acts {text} NOT NULL,                 -- JSON list of act names
  accounts {text},                      -- JSON list of account ids; null is all that the person has
  created_at {int} NOT NULL,
  ends_at {int} NOT NULL,
  revoked_at {int},
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};

-- machinery: one-time links of invited people, by the hash of their secret
CREATE TABLE invite_link (
  secret {blob} NOT NULL PRIMARY KEY,
  force {id} NOT NULL REFERENCES force (id),
  person {id} NOT NULL,
  ends_at {int} NOT NULL,
  used_at {int},
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};
