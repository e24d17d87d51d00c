import { END, type State } from '../../engine/protocol/lifecycle.ts';
import type { ActorRow, NewestRow } from '../../engine/protocol/live.ts';
import { INBOX_MAX_FRAMES } from '../session/inbox.ts';
import type { Session } from '../session/session.ts';

const round = (value: number) => Math.round(value * 10) / 10;

/** One live actor as operators see it. @param monotonicMs for the rates */
export function actorRow(session: Session, node: string, monotonicMs: number): ActorRow {
  const { facts, deadlineMs } = session;
  return {
    session: facts.session,
    app: facts.app,
    visitor: facts.visitor,
    // An actor at END is gone; one set aside is shown in the state from which it will never move.
    state: session.place === END ? 'CLOSING' : (session.place as State),
    sinceMs: session.sinceMs,
    startedMs: session.startedMs,
    ...(deadlineMs === null ? {} : { deadlineMs }),
    inbox: session.inbox.length,
    inboxMax: INBOX_MAX_FRAMES,
    unackedEvents: session.unackedEvents,
    eventsPerSec: round(session.eventRate.perSec(monotonicMs)),
    bytesPerSec: Math.round(session.byteRate.perSec(monotonicMs)),
    url: session.url,
    device: facts.device,
    browser: facts.browser,
    node,
    restarts: session.restarts.length,
    quarantined: session.quarantined,
  };
}

/** One session as the list of the newest shows it. */
export function newestRow(session: Session): NewestRow {
  const { facts, endReason } = session;
  return {
    session: facts.session,
    startedMs: session.startedMs,
    state: session.place,
    ...(endReason ? { endReason } : {}),
    url: session.url,
    referrer: facts.referrer,
    device: facts.device,
    browser: facts.browser,
    os: facts.os,
    language: facts.language,
    bot: facts.bot,
    events: session.events,
  };
}
