/**
 * What a page leaves for the next one of its tab: who the session is and the frames that are not acked. As JSON with
 * the bytes in base64, since sessionStorage keeps strings.
 */
import type { HeldFrame } from './outbox.ts';

// As every runtime we aim at has them; declared here because this folder compiles with neither DOM nor Node types.
declare const btoa: (binary: string) => string;
declare const atob: (base64: string) => string;

export type Remains = {
  /** Session id; '' when no hello was answered yet: the frames belong to the session that the next hello begins. */
  readonly session: string;
  /** The token that resumes it. */ readonly resume: string;
  /** Where its last frames are posted; '' if unknown. */ readonly postUrl: string;
  /** When the tab's session began, epoch ms of the client's clock. */ readonly startMs: number;
  /** Server's clock minus ours, as last measured. */ readonly clockOffsetMs: number;
  /** The number that the next event gets. */ readonly nextSeq: number;
  readonly held: readonly HeldFrame[];
};

type Written = Omit<Remains, 'held'> & { readonly held: readonly (Omit<HeldFrame, 'bytes'> & { readonly bytes: string })[] };

/** Writes remains as a string. */
export function encodeRemains(remains: Remains): string {
  const held = remains.held.map((frame) => ({
    ...frame,
    bytes: btoa(Array.from(frame.bytes, (byte) => String.fromCharCode(byte)).join('')),
  }));
  return JSON.stringify({ ...remains, held } satisfies Written);
}

/** Reads them again. Any text gives remains or null: the page's own scripts can write to the same storage. */
export function decodeRemains(text: string): Remains | null {
  try {
    const written = JSON.parse(text) as Written;
    const held = written.held.map((frame) => ({ ...frame, bytes: Uint8Array.from(atob(frame.bytes), (char) => char.charCodeAt(0)) }));
    return written.nextSeq >= 1 && typeof written.session === 'string' ? { ...written, held } : null;
  } catch {
    return null;
  }
}
