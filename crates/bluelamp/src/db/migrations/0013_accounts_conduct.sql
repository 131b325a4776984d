-- How each account is protected on its own platform, as a person found it there (APP-SEC-9, APP-SEC-10, APP-SEC-14).
CREATE TABLE native_protection (
  force {id} NOT NULL,
  account {id} NOT NULL,
  two_factor {int} NOT NULL,
  login_alerts {int} NOT NULL,
  others {text} NOT NULL,               -- who else can sign in there; empty: nobody
  unknown_devices {text} NOT NULL,      -- sessions there that nobody could place or needs; empty: none
  checked_at {int} NOT NULL,
  checked_by {id} NOT NULL,
  PRIMARY KEY (force, account),
  FOREIGN KEY (force, account) REFERENCES account (force, id),
  FOREIGN KEY (force, checked_by) REFERENCES person (force, id)
) {strict};

-- A breach case: the use of a personal account for work (LEICS-MON-3). Seen by professional standards alone.
CREATE TABLE breach_case (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  platform {text} NOT NULL,
  handle {text} NOT NULL,
  about {id},                           -- whose account it is, where that is known
  says {text} NOT NULL,
  reported_by {id} NOT NULL,
  reported_at {int} NOT NULL,
  outcome {text} CHECK (outcome IN ('no-breach', 'advice', 'referred', 'misconduct')),  -- null: open
  note {text},
  closed_by {id},
  closed_at {int},
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, about) REFERENCES person (force, id),
  FOREIGN KEY (force, reported_by) REFERENCES person (force, id),
  FOREIGN KEY (force, closed_by) REFERENCES person (force, id)
) {strict};
CREATE INDEX breach_case_by_time ON breach_case (force, reported_at);
