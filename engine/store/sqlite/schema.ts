/** The file's tables, and how an older file becomes a newer one. README.md beside the port describes them to analysts. */
import type { DatabaseSync } from 'node:sqlite';
import { DatalabError } from '../../errors/errors.ts';
import { HEAT_COLUMNS, ROLLUPS } from '../../rollup/rollups.ts';

/**
 * One plain table per rollup, named like it. Quoted, because `from`, `to`, `row` and `column` are words of SQL as well.
 */
function rollupTables(): string {
  return Object.entries(ROLLUPS)
    .filter(([name]) => name !== 'heat')
    .map(([name, { key, sums }]) => {
      const columns = [
        ...key.map((column) => `"${column}" TEXT NOT NULL`),
        ...sums.map((column) => `"${column}" INTEGER NOT NULL DEFAULT 0`),
      ];
      return `CREATE TABLE "${name}" (${columns.join(', ')}, PRIMARY KEY (${key.map((column) => `"${column}"`).join(', ')})) STRICT, WITHOUT ROWID;`;
    })
    .join('\n');
}

/**
 * Heat reads like the other rollups, as a view; its key is kept once per page and layer. A commit may touch thousands of
 * cells: keyed by three integers an upsert costs 1.3–1.8 µs of CPU against 3.4–4.4 µs with seven columns, five of text, and
 * 128,000 cells take 400 pages of the file against 2,190 (three runs side by side).
 */
const HEAT_TABLES = `
  CREATE TABLE heat_grid (
    id INTEGER PRIMARY KEY,
    app TEXT NOT NULL, day TEXT NOT NULL, url TEXT NOT NULL, widthClass TEXT NOT NULL, layer TEXT NOT NULL,
    UNIQUE (app, url, widthClass, layer, day)
  ) STRICT;
  CREATE TABLE heat_cell (
    gridId INTEGER NOT NULL REFERENCES heat_grid (id), cell INTEGER NOT NULL, weight INTEGER NOT NULL,
    PRIMARY KEY (gridId, cell)
  ) STRICT, WITHOUT ROWID;
  CREATE VIEW heat AS
    SELECT app, day, url, widthClass, layer, cell / ${HEAT_COLUMNS} AS "row", cell % ${HEAT_COLUMNS} AS "column", weight
    FROM heat_grid JOIN heat_cell ON gridId = id;
`;

/**
 * Each entry leads from the version of its index to the next; only ever appended. A rollup that is added to ROLLUPS later
 * needs an entry of its own, and this first one must then name the rollups it began with.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    app TEXT NOT NULL, session TEXT NOT NULL, visit TEXT NOT NULL, visitor TEXT NOT NULL, tab TEXT NOT NULL,
    device TEXT NOT NULL, browser TEXT NOT NULL, os TEXT NOT NULL, language TEXT NOT NULL, referrer TEXT NOT NULL,
    screen TEXT NOT NULL, bot INTEGER NOT NULL,
    startedMs INTEGER NOT NULL, lastSeenMs INTEGER NOT NULL, endedMs INTEGER, endReason TEXT,
    entryUrl TEXT NOT NULL, url TEXT NOT NULL, urlSinceMs INTEGER NOT NULL, urlNamedMs INTEGER NOT NULL DEFAULT 0, widthClass TEXT,
    views INTEGER NOT NULL, clicks INTEGER NOT NULL, events INTEGER NOT NULL,
    highSeq INTEGER NOT NULL, gaps TEXT NOT NULL, lost INTEGER NOT NULL,
    UNIQUE (app, session)
  ) STRICT;
  CREATE INDEX session_started ON session (app, startedMs);
  CREATE INDEX session_unended ON session (app, startedMs) WHERE endedMs IS NULL;

  CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    sessionId INTEGER NOT NULL REFERENCES session (id),
    firstSeq INTEGER NOT NULL, count INTEGER NOT NULL,
    startMs INTEGER NOT NULL, endMs INTEGER NOT NULL, receivedMs INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  -- Unique: a last guard behind the ledger that no frame is stored twice.
  CREATE UNIQUE INDEX chunk_order ON chunk (sessionId, firstSeq);

  CREATE TABLE visit (
    app TEXT NOT NULL, visit TEXT NOT NULL, visitor TEXT NOT NULL, startedMs INTEGER NOT NULL, lastSeenMs INTEGER NOT NULL,
    PRIMARY KEY (app, visit)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX visit_of_visitor ON visit (app, visitor, startedMs);

  CREATE TABLE layout (
    app TEXT NOT NULL, url TEXT NOT NULL, widthClass TEXT NOT NULL, atMs INTEGER NOT NULL,
    pageWidth INTEGER NOT NULL, pageHeight INTEGER NOT NULL, viewportHeight INTEGER NOT NULL, boxes TEXT NOT NULL,
    PRIMARY KEY (app, url, widthClass)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE set_aside (
    id INTEGER PRIMARY KEY,
    app TEXT NOT NULL, session TEXT NOT NULL, firstSeq INTEGER NOT NULL, count INTEGER NOT NULL,
    reason TEXT NOT NULL, sha256 TEXT NOT NULL, atMs INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX set_aside_app ON set_aside (app, id);

  ${rollupTables()}
  ${HEAT_TABLES}
  `,
  // What a rebuild needs: who began a visit, what each end counted, where a day's chunks lie; and changes that wait to be added up.
  `
  -- AUTOINCREMENT: a reader remembers what it unpacked by this number.
  CREATE TABLE change (id INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL) STRICT;

  CREATE TABLE document (
    kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ending (
    id INTEGER PRIMARY KEY,
    sessionId INTEGER NOT NULL REFERENCES session (id),
    endedMs INTEGER NOT NULL, reason TEXT NOT NULL,
    url TEXT NOT NULL, urlSinceMs INTEGER NOT NULL, widthClass TEXT
  ) STRICT;
  CREATE INDEX ending_ended ON ending (endedMs);
  CREATE INDEX ending_of_session ON ending (sessionId);

  ALTER TABLE visit ADD COLUMN session TEXT NOT NULL DEFAULT '';
  ALTER TABLE visit ADD COLUMN newVisitor INTEGER NOT NULL DEFAULT 0;
  UPDATE visit SET
    session = coalesce((SELECT s.session FROM session AS s WHERE s.app = visit.app AND s.visit = visit.visit ORDER BY s.startedMs LIMIT 1), ''),
    newVisitor = NOT EXISTS (
      SELECT 1 FROM visit AS v WHERE v.app = visit.app AND v.visitor = visit.visitor AND v.startedMs < visit.startedMs
    );
  CREATE INDEX visit_started ON visit (startedMs);

  CREATE TABLE chunk_arrival (day TEXT PRIMARY KEY, firstId INTEGER NOT NULL, lastId INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO chunk_arrival SELECT date(receivedMs / 1000, 'unixepoch') AS day, min(id), max(id) FROM chunk GROUP BY day;

  -- What older ends counted was not kept: days up to today cannot be rebuilt.
  INSERT INTO document
    SELECT 'coverage', 'rollups', 1, json_object('fromDay', date('now', '+1 day')) WHERE EXISTS (SELECT 1 FROM session);
  `,
  // Commits are kept as they come and spread over the tables when they are folded; what expires and what is erased is found by day and visitor.
  `
  -- AUTOINCREMENT: a session remembers by this number which of them it has.
  CREATE TABLE batch (id INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL) STRICT;
  ALTER TABLE session ADD COLUMN movedThrough INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE chunk ADD COLUMN frames BLOB;
  CREATE INDEX session_of_visitor ON session (app, visitor, startedMs);
  CREATE INDEX heat_grid_of_day ON heat_grid (day, app);
  `,
];

/**
 * Brings a file up to date, each step in a transaction of its own.
 * @throws DatalabError `store-newer` when a newer datalab wrote it: nothing is touched
 */
export function migrate(db: DatabaseSync, file: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > MIGRATIONS.length) {
    throw new DatalabError(
      'store-newer',
      `${file} was written by a newer datalab (version ${version}, this one knows ${MIGRATIONS.length}).`,
    );
  }
  for (let next = version; next < MIGRATIONS.length; next++) {
    db.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[next]}; PRAGMA user_version = ${next + 1}; COMMIT;`);
  }
}
