-- Attempts that have failed single recipients of a message for good, until their notice stands on its trail: a crash may
-- come in between, and to look through all attempts for them would hold up every start.
CREATE TABLE untold_recipients (
  seq INTEGER NOT NULL,
  number INTEGER NOT NULL,
  -- When the attempt ended, ms since the epoch.
  at INTEGER NOT NULL,
  PRIMARY KEY (seq, number)
) WITHOUT ROWID;
