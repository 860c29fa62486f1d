-- A submission takes a fifth of the space: what the configuration decided about it is kept once for all that share it, and
-- the rest has its short form (see packed-message.ts).

-- Few, and never removed: as many as there are clients, listeners and routes that were ever used together.
CREATE TABLE shared_parts (
  id INTEGER PRIMARY KEY,
  content TEXT NOT NULL UNIQUE
);

-- Both are NULL for a row from before: its content is then the JSON of the old record, whole. Such rows are left as they are, so
-- that no start has to rewrite a million of them; they go when their messages are forgotten.
ALTER TABLE submissions ADD COLUMN shared INTEGER;
ALTER TABLE submissions ADD COLUMN subject TEXT;

-- The oldest of a group is found by its id, which begins with its time.
DROP INDEX messages_oldest;

-- 1: there is a way to fall back on. While a connector is paused the queue asks for these every few seconds, and most messages
-- that wait have none.
ALTER TABLE messages ADD COLUMN other_way INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET other_way = 1 WHERE seq IN
  (SELECT seq FROM submissions WHERE json_array_length(content, '$.message.route.fallBack.ways') > 0);
CREATE INDEX messages_rerouteable ON messages (group_id, due_at) WHERE other_way = 1 AND state = 0 AND leased = 0;
