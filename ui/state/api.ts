/** Questions to the HTTP API. Every answer is a value: what went wrong is a refusal with its remedy, never an exception. */
import type { AppList, Heatmap, HeatmapQuery, PageList, SessionDetail, SessionList, SessionQuery } from '../../engine/protocol/api.ts';
import type { ControlChange } from '../../engine/protocol/control.ts';
import type { Refusal } from '../../engine/protocol/hello.ts';
import type { Result } from '../../engine/protocol/result.ts';
import type { Bounds } from './range.ts';

export type Answer<T> = Result<T, Refusal>;

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Event of the window: an answer said that nobody is signed in. Whoever asked, all of the UI is concerned. Its detail is when that was
 * asked, by performance.now(): an answer to an older question says nothing about a newer sign-in.
 */
export const SIGNED_OUT = 'datalab-signed-out';

/** All apps this user sees. */
export const askApps = (signal: AbortSignal) => askJson<AppList>('/api/apps', {}, signal);
export const askSessions = (query: SessionQuery, signal: AbortSignal) => askJson<SessionList>('/api/sessions', query, signal);
export const askSession = (app: string, session: string, signal: AbortSignal) =>
  askJson<SessionDetail>(`/api/sessions/${encodeURIComponent(session)}`, { app }, signal);
/** Wants a live session to be captured otherwise; its detail says whether that was confirmed. */
export const controlSession = (app: string, session: string, change: ControlChange, signal: AbortSignal) =>
  order('POST', `/api/sessions/${encodeURIComponent(session)}/control`, { app }, change, signal);
export const endSession = (app: string, session: string, signal: AbortSignal) =>
  order('POST', `/api/sessions/${encodeURIComponent(session)}/end`, { app }, undefined, signal);
/** Pages that have heat, most viewed first. */
export const askPages = (app: string, bounds: Bounds, signal: AbortSignal) => askJson<PageList>('/api/pages', { app, ...bounds }, signal);
export const askHeatmap = (query: HeatmapQuery, signal: AbortSignal) => askJson<Heatmap>('/api/heatmap', query, signal);

/** A session's stored frames, as engine/protocol/api.ts describes them. */
export async function askChunks(app: string, session: string, signal: AbortSignal): Promise<Answer<Uint8Array>> {
  return ask(
    `/api/sessions/${encodeURIComponent(session)}/chunks`,
    { app },
    signal,
    async (response) => new Uint8Array(await response.arrayBuffer()),
  );
}

/** Asks for JSON. @param signal ends the waiting; without one, it is waited for to the end */
export function askJson<T>(path: string, query: Query, signal?: AbortSignal): Promise<Answer<T>> {
  return ask(path, query, signal, async (response) => (await response.json()) as T);
}

/**
 * Wants something done.
 * @param body sent as JSON, if any
 * @returns what the answer holds; null where it is empty
 */
export function order<T = null>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  query: Query = {},
  body?: object,
  signal?: AbortSignal,
): Promise<Answer<T>> {
  const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const read = async (response: Response) => {
    const text = await response.text();
    return (text === '' ? null : JSON.parse(text)) as T;
  };
  return ask(path, query, signal, read, { method, ...json });
}

async function ask<T>(
  path: string,
  query: Query,
  signal: AbortSignal | undefined,
  read: (response: Response) => Promise<T>,
  init: RequestInit = {},
): Promise<Answer<T>> {
  const askedMs = performance.now();
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  try {
    const response = await fetch(text === '' ? path : `${path}?${text}`, { ...init, ...(signal && { signal }) });
    if (response.ok) return { ok: true, value: await read(response) };
    const reason = await refusalOf(response);
    if (reason.code === 'signed-out') dispatchEvent(new CustomEvent<number>(SIGNED_OUT, { detail: askedMs }));
    return { ok: false, reason };
  } catch {
    return {
      ok: false,
      reason: {
        code: 'no-answer',
        message: 'The server did not answer.',
        retry: true,
        remedy: 'Check that the gateway runs and that this computer reaches it. What was stored is not affected.',
      },
    };
  }
}

async function refusalOf(response: Response): Promise<Refusal> {
  try {
    const body = (await response.json()) as Partial<Refusal>;
    if (typeof body.code === 'string' && typeof body.message === 'string') {
      return {
        code: body.code,
        message: body.message,
        retry: body.retry === true,
        ...(body.remedy === undefined ? {} : { remedy: body.remedy }),
      };
    }
  } catch {
    // Not ours: a proxy answered. Its status is all there is to tell.
  }
  return { code: `http-${response.status}`, message: `The server answered ${response.status}.`, retry: response.status >= 500 };
}
