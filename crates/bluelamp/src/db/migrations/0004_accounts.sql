-- The register of official accounts (APP-POL-2), their connections, and where their webhooks arrive.

CREATE TABLE account (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  platform {text} NOT NULL CHECK (length(platform) BETWEEN 1 AND 40),
  handle {text} NOT NULL CHECK (length(handle) BETWEEN 1 AND 300),
  handle_folded {text} NOT NULL,        -- what is compared: lower case, without a leading @
  title {text} NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  kind {text} NOT NULL CHECK (kind IN ('main', 'local', 'team', 'individual')),
  state {text} NOT NULL CHECK (state IN ('requested', 'approved', 'trial', 'live', 'frozen', 'dormant', 'closing', 'closed')),
  state_before {text},                  -- what a thaw goes back to
  area {text} NOT NULL,                 -- empty: the whole force
  owner {id},
  purpose {text} NOT NULL,
  url {text} NOT NULL,
  monitored_by {text} NOT NULL,         -- JSON list of contact, corporate, local (APP-ROLE-2)
  hours {text} NOT NULL,                -- when it is watched, in words for the public
  public_listed {int} NOT NULL,
  private_decision {text} NOT NULL,     -- whether private messages are read, and why (APP-COMM-7)
  connected {int} NOT NULL,
  remote_account {text} NOT NULL,       -- the platform's own id, empty before the first connection
  last_post_at {int},
  created_at {int} NOT NULL,
  changed_at {int} NOT NULL,
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, owner) REFERENCES person (force, id)
) {strict};
CREATE UNIQUE INDEX account_by_handle ON account (force, platform, handle_folded) WHERE state <> 'closed';
CREATE INDEX account_by_title ON account (force, title, id);

-- Credentials, sealed by the vault for this very row: one a connected account.
CREATE TABLE connection (
  force {id} NOT NULL,
  account {id} NOT NULL,
  sealed {blob} NOT NULL,
  base {text} NOT NULL,
  handle {text} NOT NULL,               -- as the platform has it now
  can {text} NOT NULL,                  -- JSON list of what the platform lets us do, from the connector's data
  state {text} NOT NULL CHECK (state IN ('working', 'failing', 'needs-person')),
  why {text} NOT NULL,
  state_since {int} NOT NULL,
  connected_at {int} NOT NULL,
  renewed_at {int} NOT NULL,
  checked_at {int} NOT NULL,
  expires_at {int},
  version {int} NOT NULL,               -- grows with each change, so that a late renewal does not undo a newer one
  PRIMARY KEY (force, account),
  FOREIGN KEY (force, account) REFERENCES account (force, id)
) {strict};

-- Hosts learned from the platform's own answers (a media server), each added by an act.
CREATE TABLE account_host (
  force {id} NOT NULL,
  account {id} NOT NULL,
  host {text} NOT NULL CHECK (length(host) BETWEEN 1 AND 253),
  allowed_at {int} NOT NULL,
  PRIMARY KEY (force, account, host),
  FOREIGN KEY (force, account) REFERENCES account (force, id)
) {strict};

-- door: a webhook's address is all that says whose it is; the token itself is derived, only its hash is here
CREATE TABLE hook (
  token {blob} NOT NULL PRIMARY KEY,
  force {id} NOT NULL,
  account {id} NOT NULL,
  turn {int} NOT NULL,                  -- which token of the account this is; the next connection makes a new one
  created_at {int} NOT NULL,
  UNIQUE (force, account),
  FOREIGN KEY (force, account) REFERENCES account (force, id)
) {strict};
