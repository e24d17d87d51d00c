import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ROLLUPS, type RollupChange } from '../../rollup/rollups.ts';
import { IDENTITY_COLUMNS, MOVING_COLUMNS } from './rows.ts';

/**
 * The writer's statements, prepared once. SQL is made of our own column names alone; every value, and so everything a
 * client sent, is a parameter.
 */
export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(db: DatabaseSync) {
  return {
    dataVersion: db.prepare('PRAGMA data_version'),
    findSession: db.prepare('SELECT * FROM session WHERE app = ? AND session = ?'),
    insertSession: db.prepare(insertInto('session', [...IDENTITY_COLUMNS, ...MOVING_COLUMNS])),
    updateSession: db.prepare(`UPDATE session SET ${MOVING_COLUMNS.map((column) => `${column} = :${column}`).join(', ')} WHERE id = :id`),
    findVisit: db.prepare('SELECT 1 FROM visit WHERE app = ? AND visit = ?'),
    latestVisit: db.prepare('SELECT * FROM visit WHERE app = ? AND visitor = ? ORDER BY startedMs DESC LIMIT 1'),
    insertVisit: db.prepare(insertInto('visit', VISIT)),
    touchVisit: db.prepare('UPDATE visit SET lastSeenMs = max(lastSeenMs, ?) WHERE app = ? AND visit = ?'),
    insertBatch: db.prepare('INSERT INTO batch (bytes) VALUES (?)'),
    allBatches: db.prepare('SELECT id, bytes FROM batch ORDER BY id'),
    deleteBatches: db.prepare('DELETE FROM batch'),
    insertRun: db.prepare(insertInto('chunk', ['sessionId', 'firstSeq', 'count', 'startMs', 'endMs', 'receivedMs', 'bytes', 'frames'])),
    noteArrival: db.prepare(
      `INSERT INTO chunk_arrival (day, firstId, lastId) VALUES (:day, :firstId, :lastId)
       ON CONFLICT DO UPDATE SET firstId = min(firstId, excluded.firstId), lastId = max(lastId, excluded.lastId)`,
    ),
    insertEnding: db.prepare(insertInto('ending', ['sessionId', 'endedMs', 'reason', 'url', 'urlSinceMs', 'widthClass'])),
    insertChange: db.prepare('INSERT INTO change (bytes) VALUES (?)'),
    allChanges: db.prepare('SELECT bytes FROM change ORDER BY id'),
    deleteChanges: db.prepare('DELETE FROM change'),
    readDocument: db.prepare('SELECT revision, value FROM document WHERE kind = ? AND id = ?'),
    writeDocument: db.prepare(
      `${insertInto('document', ['kind', 'id', 'revision', 'value'])} ON CONFLICT DO UPDATE SET revision = excluded.revision, value = excluded.value`,
    ),
    documentsOf: db.prepare('SELECT id, value FROM document WHERE kind = ?'),
    insertSetAside: db.prepare(insertInto('set_aside', ['app', 'session', 'firstSeq', 'count', 'reason', 'sha256', 'atMs'])),
    upsertLayout: db.prepare(
      `${insertInto('layout', LAYOUT)} ON CONFLICT DO UPDATE SET ${LAYOUT.map((column) => `${column} = excluded.${column}`).join(', ')}
       WHERE excluded.atMs >= layout.atMs`,
    ),
    chunksOf: db.prepare('SELECT * FROM chunk WHERE sessionId = ? LIMIT ?'),
    chunksOver: db.prepare('SELECT * FROM chunk WHERE sessionId = ? AND startMs < ? AND endMs >= ?'),
    deleteChunk: db.prepare('DELETE FROM chunk WHERE id = ?'),
    endingsOf: db.prepare('SELECT * FROM ending WHERE sessionId = ?'),
    deleteEndings: db.prepare('DELETE FROM ending WHERE sessionId = ?'),
    deleteSession: db.prepare('DELETE FROM session WHERE id = ?'),
    sessionsOfVisitor: db.prepare('SELECT id, session FROM session WHERE app = ? AND visitor = ? LIMIT ?'),
    visitsOfVisitor: db.prepare('SELECT * FROM visit WHERE app = ? AND visitor = ? LIMIT ?'),
    deleteVisit: db.prepare('DELETE FROM visit WHERE app = ? AND visit = ?'),
    deleteSetAsideOf: db.prepare('DELETE FROM set_aside WHERE app = ? AND session = ?'),
    sessionsAfter: db.prepare(
      'SELECT id, startedMs FROM session WHERE app = ? AND (startedMs, id) > (?, ?) AND startedMs < ? ORDER BY startedMs, id LIMIT ?',
    ),
    deleteChunksBefore: db.prepare('DELETE FROM chunk WHERE id IN (SELECT id FROM chunk WHERE sessionId = ? AND endMs < ? LIMIT ?)'),
    deleteOldSetAside: db.prepare('DELETE FROM set_aside WHERE id IN (SELECT id FROM set_aside WHERE app = ? AND atMs < ? LIMIT ?)'),
    oldSessions: db.prepare(
      `SELECT id, session FROM session
       WHERE app = :app AND startedMs < :beforeMs AND endedMs < :beforeMs AND lastSeenMs < :beforeMs ORDER BY startedMs LIMIT :limit`,
    ),
    oldVisits: db.prepare(
      `SELECT visit FROM visit AS v WHERE app = :app AND startedMs < :beforeMs AND lastSeenMs < :beforeMs AND NOT EXISTS
         (SELECT 1 FROM session AS s WHERE s.app = v.app AND s.visitor = v.visitor AND s.visit = v.visit)
       LIMIT :limit`,
    ),
    deleteOldLayouts: db.prepare('DELETE FROM layout WHERE app = ? AND atMs < ?'),
    deleteLayoutsOfNoPage: db.prepare('DELETE FROM layout WHERE (app, url) NOT IN (SELECT app, url FROM page)'),
    oldGrids: db.prepare('SELECT id FROM heat_grid WHERE day < ? AND app = ? LIMIT ?'),
    deleteCells: db.prepare('DELETE FROM heat_cell WHERE gridId = ?'),
    deleteGrid: db.prepare('DELETE FROM heat_grid WHERE id = ?'),
    deleteOldestDay: {
      target: prepareDeleteOldestDay(db, 'target'),
      page: prepareDeleteOldestDay(db, 'page'),
      dimension: prepareDeleteOldestDay(db, 'dimension'),
      step: prepareDeleteOldestDay(db, 'step'),
    } satisfies Record<PlainRollup, StatementSync>,
    insertGrid: db.prepare(`${insertInto('heat_grid', GRID)} ON CONFLICT DO NOTHING`),
    findGrid: db.prepare(`SELECT id FROM heat_grid WHERE ${GRID.map((column) => `${column} = :${column}`).join(' AND ')}`),
    upsertCell: db.prepare(upsertCells(1)),
    upsertCells: db.prepare(upsertCells(CELLS_AT_ONCE)),
    deleteZeroCell: db.prepare('DELETE FROM heat_cell WHERE gridId = ? AND cell = ? AND weight = 0'),
    deleteEmptyGrid: db.prepare('DELETE FROM heat_grid WHERE id = :id AND NOT EXISTS (SELECT 1 FROM heat_cell WHERE gridId = :id)'),
    deleteZeroRow: {
      target: prepareDeleteZero(db, 'target'),
      page: prepareDeleteZero(db, 'page'),
      dimension: prepareDeleteZero(db, 'dimension'),
      step: prepareDeleteZero(db, 'step'),
    } satisfies Record<PlainRollup, StatementSync>,
    upsertRollup: {
      target: prepareUpsert(db, 'target'),
      page: prepareUpsert(db, 'page'),
      dimension: prepareUpsert(db, 'dimension'),
      step: prepareUpsert(db, 'step'),
    } satisfies Record<PlainRollup, StatementSync>,
  };
}

/** Cells of one statement: calling it costs more than a cell does (475 k cells/s one by one, 710 k by 8, 912 k by 32, 707 k by 128). */
export const CELLS_AT_ONCE = 32;

type PlainRollup = RollupChange['rollup'];

const VISIT = ['app', 'visit', 'visitor', 'startedMs', 'lastSeenMs', 'session', 'newVisitor'];
const GRID = ['app', 'day', 'url', 'widthClass', 'layer'];
const LAYOUT = ['app', 'url', 'widthClass', 'atMs', 'pageWidth', 'pageHeight', 'viewportHeight', 'boxes'];

function insertInto(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((column) => `:${column}`).join(', ')})`;
}

/** Positional: grid, cell and weight of each. */
function upsertCells(count: number): string {
  const rows = Array.from({ length: count }, () => '(?, ?, ?)').join(', ');
  return `INSERT INTO heat_cell (gridId, cell, weight) VALUES ${rows} ON CONFLICT DO UPDATE SET weight = weight + excluded.weight`;
}

/** Positional: key columns, then sums, in the order of ROLLUPS. */
function prepareUpsert(db: DatabaseSync, name: PlainRollup): StatementSync {
  const { key, sums } = ROLLUPS[name];
  const columns = [...key, ...sums].map((column) => `"${column}"`);
  const add = sums.map((column) => `"${column}" = "${column}" + excluded."${column}"`);
  return db.prepare(
    `INSERT INTO "${name}" (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO UPDATE SET ${add.join(', ')}`,
  );
}

/** Positional: key columns in the order of ROLLUPS. */
function prepareDeleteZero(db: DatabaseSync, name: PlainRollup): StatementSync {
  const { key, sums } = ROLLUPS[name];
  const conditions = [...key.map((column) => `"${column}" = ?`), ...sums.map((column) => `"${column}" = 0`)];
  return db.prepare(`DELETE FROM "${name}" WHERE ${conditions.join(' AND ')}`);
}

/** One day at a time: that is what a step of an expiry may take. Named: app, beforeDay. */
function prepareDeleteOldestDay(db: DatabaseSync, name: PlainRollup): StatementSync {
  return db.prepare(
    `DELETE FROM "${name}" WHERE app = :app AND day = (SELECT min(day) FROM "${name}" WHERE app = :app AND day < :beforeDay)`,
  );
}
