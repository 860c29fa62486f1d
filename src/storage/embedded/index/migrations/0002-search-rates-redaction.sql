-- Search over a million rows, counts by time, and bodies that go as soon as they are sent.

-- Lists by client, connector and state walk one of these for each group and state, newest first, and are merged. The second
-- is one of its own, so that a message enters it once, when it is sent, in about the order in which it stands there.
DROP INDEX messages_unsent;
CREATE INDEX messages_in_state ON messages (group_id, state, id) WHERE state <> 4;
CREATE INDEX messages_sent ON messages (group_id, id) WHERE state = 4;

-- 1: its body has a file of its own, which goes as soon as the message is sent or cancelled.
ALTER TABLE messages ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;

-- Addresses are found in any case of letters.
UPDATE OR IGNORE terms SET term = lower(term) WHERE term GLOB 'a:*' AND term <> lower(term);
DELETE FROM terms WHERE term GLOB 'a:*' AND term <> lower(term);

-- Parts of subjects. Filled behind the messages, when there is time: `subjects_end` says up to which of them.
CREATE VIRTUAL TABLE subjects USING fts5(subject, tokenize = 'trigram', content = '', contentless_delete = 1);
CREATE TABLE subjects_end (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL);
INSERT INTO subjects_end VALUES (1, 0);

-- What happened in each minute and each hour; `start` and `span` in ms. Minutes are kept for days, hours for more than a year.
CREATE TABLE rates (
  span INTEGER NOT NULL,
  start INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  sent INTEGER NOT NULL,
  deferred INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  uncertain INTEGER NOT NULL,
  PRIMARY KEY (span, start)
) WITHOUT ROWID;
