/** Events that a server of the site tells: `POST /api/events?app=`, with an API token of the scope `events.write`. */
import type { FromSchema } from './schema.ts';

const flat = { anyOf: [{ type: 'string', maxLength: 200 }, { type: 'number' }, { type: 'boolean' }] } as const;

/**
 * Body. With a header `Idempotency-Key` (1–64 characters of A–Z, a–z, 0–9, _ and -), the same request again stores nothing again, however
 * often and late it comes; without one, every request counts.
 */
export const SERVER_EVENTS = {
  type: 'object',
  required: ['events'],
  additionalProperties: false,
  properties: {
    user: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'the stable id that the site gives to identify(); whose events these are',
    },
    events: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        required: ['name'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 200 },
          props: { type: 'object', additionalProperties: flat, description: 'flat, at most 20' },
          atMs: { type: 'integer', minimum: 0, maximum: 8.64e15, description: 'epoch ms; now, if it is not named' },
        },
      },
    },
  },
} as const;
export type ServerEvents = FromSchema<typeof SERVER_EVENTS>;

/** Answer, once they are stored. */
export const SERVER_EVENTS_ANSWER = {
  type: 'object',
  required: ['session', 'stored'],
  properties: { session: { type: 'string', description: 'under which they are found' }, stored: { type: 'integer', minimum: 0 } },
} as const;
