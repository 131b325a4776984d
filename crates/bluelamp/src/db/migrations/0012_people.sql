-- Tasks, the reminders of training, and who gave an authorisation.

-- Something owed by a date: by a person, or by whoever has a role.
CREATE TABLE task (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  kind {text} NOT NULL CHECK (kind IN ('refresher', 'native-log-out')),
  owner {id},                           -- null: whoever has the role
  role {text} NOT NULL,                 -- empty: the owner alone
  subject {id} NOT NULL,                -- the person or account that it is about
  clause {text} NOT NULL,
  says {text} NOT NULL CHECK (length(says) BETWEEN 1 AND 1000),
  due_on {text} NOT NULL CHECK (length(due_on) = 10),
  state {text} NOT NULL CHECK (state IN ('open', 'done')),
  opened_at {int} NOT NULL,
  settled_at {int},
  settled_by {id},                      -- null: by what happened, not by hand
  PRIMARY KEY (force, id),
  FOREIGN KEY (force, owner) REFERENCES person (force, id)
) {strict};
CREATE INDEX task_open ON task (force, due_on) WHERE state = 'open';

-- Each reminder that training runs out was made once (LEICS-TRAIN-2).
CREATE TABLE training_reminder (
  force {id} NOT NULL,
  person {id} NOT NULL,
  trained_until {text} NOT NULL CHECK (length(trained_until) = 10),
  days {int} NOT NULL,
  made_at {int} NOT NULL,
  PRIMARY KEY (force, person, trained_until, days),
  FOREIGN KEY (force, person) REFERENCES person (force, id)
) {strict};

-- Null: by the system, or from before this was kept; the ledger has it in either case.
ALTER TABLE authorisation ADD COLUMN granted_by {id};
