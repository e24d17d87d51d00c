import type { Event } from '../engine/protocol/events.ts';
import type { StartOptions } from './api.ts';

/** The website that is tracked, and by which server. */
export type Site = Omit<StartOptions, 'consent'> & {
  /** `given` once the visitor said yes. */ consent?: string;
  readonly api: string;
  /** An address in the folder of the tracker's files. */ readonly beside: string;
  /** Looks at each event before it is taken. True: it is the debugger's own, and is not. */ tap?: (event: Event) => boolean;
};
