/** How operators change what a live session's tracker captures, and how they see that it did (SPEC CT1–CT5). */
import type { EventOf } from './events.ts';
import { TRACKER_CONFIG } from './hello.ts';
import type { FromSchema } from './schema.ts';

const { moveSampleMs, recording, paused } = TRACKER_CONFIG.properties;
const mask = { type: 'string', maxLength: 1_024, description: 'selector of what is masked beside all else, or empty' } as const;

/** Body of `POST /api/sessions/:session/control`: what is not named stays as it is. */
export const CONTROL_CHANGE = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: { moveSampleMs, recording, paused, mask },
} as const;
export type ControlChange = FromSchema<typeof CONTROL_CHANGE>;

/** How a tracker captures, as it says itself. */
export type Configured = Omit<EventOf<'configured'>, 'kind' | 'atMs'>;

/** One change of a live session, as its log shows it. */
export const CONTROL_ENTRY = {
  type: 'object',
  required: ['atMs', 'by', 'what'],
  properties: {
    atMs: { type: 'integer', minimum: 0 },
    by: { type: 'string', description: 'who wanted it' },
    what: { enum: ['change', 'end'] },
    change: CONTROL_CHANGE,
    confirmedMs: { type: 'integer', minimum: 0, description: 'when the tracker’s confirmation was stored; absent until then' },
    applied: {
      ...CONTROL_CHANGE,
      properties: { ...CONTROL_CHANGE.properties, mask: TRACKER_CONFIG.properties.mask },
      description: 'how the tracker captures since, as it says itself: what differs from the change was not possible',
    },
  },
} as const;
export type ControlEntry = FromSchema<typeof CONTROL_ENTRY>;
