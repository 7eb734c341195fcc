-- One row a fact about the file; `version` is the version of this schema.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES ('version', '1');

-- One row a job. It holds no payload, no key and no URL but the endpoint's.
CREATE TABLE jobs (
  endpoint       TEXT NOT NULL,     -- https://api.playment.io, or the name of a sandbox
  project        TEXT NOT NULL,     -- the project's ID
  reference_id   TEXT NOT NULL,     -- our ID of the job
  payload_sha256 TEXT NOT NULL,     -- of the exact bytes that are sent
  batch_id       TEXT,              -- NULL: the default batch
  state          TEXT NOT NULL CHECK (state IN ('intent', 'not_sent', 'done', 'failed', 'unknown', 'conflict')),
  job_id         TEXT,              -- the platform's ID, once known
  attempt        INTEGER NOT NULL,  -- how often a run began to send it
  reason         TEXT,              -- why it is not done
  created_at     INTEGER NOT NULL,  -- seconds since 1970
  updated_at     INTEGER NOT NULL,
  PRIMARY KEY (endpoint, project, reference_id)
) STRICT, WITHOUT ROWID;
