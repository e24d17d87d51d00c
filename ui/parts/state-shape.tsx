/** The four states as shapes: told apart without colour, and the same in every list, chart and diagram. */
import { type EndReason, isForced, type Place } from '../../engine/protocol/lifecycle.ts';

/** What a place is called. */
export const PLACE_NAMES: Readonly<Record<Place, string>> = {
  INIT: 'Init',
  CONNECT: 'Connect',
  LISTEN: 'Listen',
  CLOSING: 'Closing',
  END: 'Ended',
};

/**
 * The shape alone, 12 × 12 around its middle, for use inside an SVG.
 * INIT: ring. CONNECT: half disc. LISTEN: disc. CLOSING: square. END: hollow square. A forced end has a red notch.
 */
export function StateMark({ place, forced = false }: { place: Place; forced?: boolean }) {
  return (
    <g>
      {mark(place)}
      {forced && <path d="M1 -6 H6 V-1 Z" fill="var(--forced)" />}
    </g>
  );
}

function mark(place: Place) {
  switch (place) {
    case 'INIT':
      return <circle r="4.5" fill="none" stroke="var(--state-init)" stroke-width="2" />;
    case 'CONNECT':
      return (
        <g>
          <circle r="4.75" fill="none" stroke="var(--state-connect)" stroke-width="1.5" />
          <path d="M0 -5 A5 5 0 0 0 0 5 Z" fill="var(--state-connect)" />
        </g>
      );
    case 'LISTEN':
      return <circle r="5" fill="var(--state-listen)" />;
    case 'CLOSING':
      return <rect x="-5" y="-5" width="10" height="10" rx="1" fill="var(--state-closing)" />;
    case 'END':
      return <rect x="-4.25" y="-4.25" width="8.5" height="8.5" rx="1" fill="none" stroke="var(--state-closing)" stroke-width="1.5" />;
  }
}

/** The shape with its name beside it, or only for screen readers. */
export function StateShape({ place, endReason, named = false }: { place: Place; endReason?: EndReason | undefined; named?: boolean }) {
  const forced = endReason !== undefined && isForced(endReason);
  const name = endReason === undefined ? PLACE_NAMES[place] : `${PLACE_NAMES[place]}: ${endReasonWords(endReason)}`;
  return (
    <span class="state" {...(named ? {} : { title: name })}>
      <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
        <StateMark place={place} forced={forced} />
      </svg>
      <span class={named ? '' : 'hidden-text'}>{name}</span>
    </span>
  );
}

const END_WORDS: Readonly<Record<EndReason, string>> = {
  goodbye: 'goodbye',
  refused: 'refused',
  'hello-deadline': 'never connected',
  'connection-interrupt': 'connection lost',
  idle: 'idle',
  'max-length': 'longest length reached',
  operator: 'ended by an operator',
  limit: 'a limit was reached',
  fault: 'fault',
  shutdown: 'node shut down',
};

/** Why a session ended, in words. */
export const endReasonWords = (reason: EndReason): string => END_WORDS[reason];
