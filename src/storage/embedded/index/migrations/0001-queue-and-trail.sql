-- The index: the queue to lease from, and the delivery log to search. All of it can be made again from the journal.
-- States are numbers, in the order of `messageStates`: 0 queued, 1 sending, 2 uncertain, 3 held, 4 sent, 5 failed, 6 cancelled.

-- Where in the journal this index has come to: one row.
CREATE TABLE position (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  segment INTEGER NOT NULL,
  next_offset INTEGER NOT NULL
);
INSERT INTO position VALUES (1, 0, 0);

CREATE TABLE connectors (name TEXT PRIMARY KEY, standing TEXT NOT NULL) WITHOUT ROWID;

-- Messages that compete with each other: one lane, one priority, one client. Few, and never removed.
CREATE TABLE groups (
  id INTEGER PRIMARY KEY,
  connector TEXT NOT NULL,
  sender TEXT NOT NULL,
  priority INTEGER NOT NULL,
  client TEXT NOT NULL,
  UNIQUE (connector, sender, priority, client)
);

-- Kept with each change, so that nothing ever counts a million rows.
CREATE TABLE counts (
  group_id INTEGER NOT NULL,
  state INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  PRIMARY KEY (group_id, state)
) WITHOUT ROWID;

-- What changes about a message. Narrow, so that one page holds many: what never changes stands in `submissions`.
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  group_id INTEGER NOT NULL,
  state INTEGER NOT NULL,
  leased INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  still_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  counted INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  maybe_sent INTEGER NOT NULL,
  last_fault TEXT,
  recipients INTEGER NOT NULL,
  -- Where its record stands; NULL when the bytes are no longer kept.
  segment INTEGER,
  record_offset INTEGER,
  record_length INTEGER,
  -- A body with a file of its own.
  file TEXT
);
CREATE INDEX messages_ready ON messages (group_id, due_at) WHERE state = 0 AND leased = 0;
CREATE INDEX messages_leased ON messages (leased) WHERE leased = 1;
CREATE INDEX messages_lifetime ON messages (group_id, expires_at - still_at) WHERE state = 0;
CREATE INDEX messages_oldest ON messages (group_id, accepted_at) WHERE state = 0;
CREATE INDEX messages_unsent ON messages (state, id) WHERE state <> 4;
CREATE INDEX messages_arrival ON messages (group_id, accepted_at, recipients);
CREATE INDEX messages_stored ON messages (segment) WHERE segment IS NOT NULL;
CREATE INDEX messages_file ON messages (file) WHERE file IS NOT NULL;

-- The JSON of the record that accepted it.
CREATE TABLE submissions (seq INTEGER PRIMARY KEY, content TEXT NOT NULL);

-- What a message can be found by: 'a:' with an address, 'm:' with a Message-ID. Ids sort by time, so a search streams.
CREATE TABLE terms (term TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (term, id)) WITHOUT ROWID;

CREATE TABLE idempotency (
  client TEXT NOT NULL,
  key TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (client, key)
) WITHOUT ROWID;

CREATE TABLE attempts (
  seq INTEGER NOT NULL,
  number INTEGER NOT NULL,
  started TEXT NOT NULL,
  ended TEXT,
  PRIMARY KEY (seq, number)
) WITHOUT ROWID;

CREATE TABLE events (
  seq INTEGER NOT NULL,
  number INTEGER NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (seq, number)
) WITHOUT ROWID;

-- What a lane has sent, for the daily limit of recipients.
CREATE TABLE sendings (
  connector TEXT NOT NULL,
  sender TEXT NOT NULL,
  at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  recipients INTEGER NOT NULL,
  PRIMARY KEY (connector, sender, at, seq)
) WITHOUT ROWID;
