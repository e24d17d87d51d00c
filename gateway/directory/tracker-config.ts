/** An app's configuration → what one session's tracker is told. */
import { createHash } from 'node:crypto';
import { DEFAULT_TRACKER_CONFIG, type TrackerConfig } from '../../engine/protocol/hello.ts';
import type { Capture } from './directory.ts';

/** @param session which of them are recorded depends on their ids alone: on every node and page the same */
export function trackerConfigOf({ atMs, config }: Capture, session: string): TrackerConfig {
  const { off, moveSampleMs, hoverMinMs, flushMs, targetAttribute, vitals, mask, block, urlKeep, recordingPercent } = config;
  return {
    ...DEFAULT_TRACKER_CONFIG,
    revision: atMs,
    off,
    moveSampleMs,
    hoverMinMs,
    flushMs,
    targetAttribute,
    vitals,
    mask,
    block,
    urlKeep,
    recording: percentOf(session) < recordingPercent,
  };
}

/** 0…99, evenly. */
const percentOf = (session: string) => createHash('sha256').update(session).digest().readUInt32BE(0) % 100;
