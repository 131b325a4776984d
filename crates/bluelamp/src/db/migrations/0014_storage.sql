-- Full text of messages, folded by us (`db/words.rs`), and which rows name an object, so that orphans can be told.

-- The words of a message's newest revision, behind its force's own mark: a search matches both or nothing. Goes with the
-- message, in the same transaction.
CREATE TABLE message_search (
  force {id} NOT NULL,
  message {id} NOT NULL,
  words {text} NOT NULL,
-- @lite
  n INTEGER UNIQUE,                     -- the row's number in the index
-- @pg
  vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED,
-- @both
  PRIMARY KEY (force, message),
  FOREIGN KEY (force, message) REFERENCES message (force, id) ON DELETE CASCADE
) {strict};
-- @lite
CREATE VIRTUAL TABLE message_words USING fts5(words, content = 'message_search', content_rowid = 'n', tokenize = 'unicode61 remove_diacritics 0');
-- What is deleted leaves no word behind in the index.
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER message_search_new AFTER INSERT ON message_search BEGIN
  UPDATE message_search SET n = (SELECT COALESCE(MAX(n), 0) + 1 FROM message_search) WHERE force = NEW.force AND message = NEW.message;
  INSERT INTO message_words (rowid, words) SELECT n, words FROM message_search WHERE force = NEW.force AND message = NEW.message;
END;
CREATE TRIGGER message_search_changed AFTER UPDATE OF words ON message_search BEGIN
  INSERT INTO message_words (message_words, rowid, words) VALUES ('delete', OLD.n, OLD.words);
  INSERT INTO message_words (rowid, words) VALUES (NEW.n, NEW.words);
END;
CREATE TRIGGER message_search_gone AFTER DELETE ON message_search BEGIN
  INSERT INTO message_words (message_words, rowid, words) VALUES ('delete', OLD.n, OLD.words);
END;
-- @pg
CREATE INDEX message_search_vector ON message_search USING gin (vector);
-- @both

CREATE INDEX intake_raw_object ON intake_raw (force, object) WHERE object IS NOT NULL;
CREATE INDEX media_object ON media (force, object) WHERE object IS NOT NULL;
CREATE INDEX media_copy ON media (force, copy) WHERE copy IS NOT NULL;
CREATE INDEX draft_media_object ON draft_media (force, object);
