-- A batch; the default one of a project is made when a job first needs it.
CREATE TABLE batches (
  batch_id    TEXT PRIMARY KEY,
  project_id  TEXT NOT NULL,
  name        TEXT NOT NULL,
  description TEXT,
  UNIQUE (project_id, name)
) STRICT;

-- A job, in the order of creation. The second UNIQUE is the promise of the platform that everything else leans on.
CREATE TABLE jobs (
  number       INTEGER PRIMARY KEY,
  job_id       TEXT NOT NULL UNIQUE,
  project_id   TEXT NOT NULL,
  reference_id TEXT NOT NULL,
  batch_id     TEXT NOT NULL REFERENCES batches (batch_id),
  api          TEXT NOT NULL CHECK (api IN ('v0', 'v1')),
  workflow     TEXT NOT NULL,     -- work_flow_id, or in v0 the tag
  status       TEXT NOT NULL,
  payload      TEXT NOT NULL,     -- the JSON as it was sent, unknown keys too
  UNIQUE (project_id, reference_id)
) STRICT;

CREATE INDEX jobs_of_a_batch ON jobs (batch_id, number);
