/**
 * Whether a full store takes batches as fast as an empty one: the cost of a batch when few events are stored and when many are,
 * each against bare inserts of the same bytes measured beside it, so that a slow minute of the machine is no growth.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch } from '../../engine/pool/batch.ts';
import { AT, sessionRecord } from '../../engine/store/fixtures/records.ts';
import { DATABASE_FILE, openForWriting } from '../../engine/store/sqlite/open-database.ts';
import { openSqliteStore } from '../../engine/store/sqlite/sqlite-store.ts';
import { FRAMES_PER_BATCH, MOVES_PER_FRAME, type Made, makeBatches, SESSIONS } from './frame-batches.ts';
import { machineNow, markdownTable, median, progress, writeBetweenMarkers } from './report.ts';

const EVENTS_PER_BATCH = FRAMES_PER_BATCH * MOVES_PER_FRAME;
const FEW_EVENTS = 100_000;
const MANY_EVENTS = 10_000_000;
/** Batches of one generation: the same sessions go on. */
const GENERATION = 16;
/** A new generation of sessions every six hours: forty generations are ten days of rollups. */
const GENERATION_MS = 6 * 3_600_000;
const WINDOW = 4;
