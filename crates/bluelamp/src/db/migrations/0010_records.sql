-- Legal holds: what may not be disposed of while a case, an inquest or a request is open (always both words).
CREATE TABLE legal_hold (
  force {id} NOT NULL REFERENCES force (id),
  id {id} NOT NULL,
  item {id} NOT NULL,                   -- the thing held: an entry, a message, a draft, an account
  reason {text} NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
  placed_by {text} NOT NULL,
  placed_at {int} NOT NULL,
  lifted_by {text},
  lifted_at {int},
  PRIMARY KEY (force, id)
) {strict};
CREATE INDEX legal_hold_by_item ON legal_hold (force, item);
