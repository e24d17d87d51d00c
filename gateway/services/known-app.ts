/** What other services want to know of an app before they do something about it. */
import { DatalabError } from '../../engine/errors/errors.ts';
import type { AppDetail } from '../../engine/protocol/administration.ts';
import type { Ask } from './call.ts';

/** @throws DatalabError `app-unknown` or `service-away` */
export function knownApp(ask: Ask, app: string): Promise<AppDetail> {
  return ask<AppDetail>('app', 'GET', `/internal/app/apps/${encodeURIComponent(app)}`);
}

/** @throws DatalabError also `app-archived`, or `changed-meanwhile` if it is being deleted */
export async function activeApp(ask: Ask, app: string): Promise<void> {
  requireActive(await knownApp(ask, app));
}

/** @throws DatalabError `app-archived`, or `changed-meanwhile` if it is being deleted */
export function requireActive({ name, state }: Pick<AppDetail, 'name' | 'state'>): void {
  requireNotDeleting({ name, state });
  if (state === 'archived') throw new DatalabError('app-archived', `${name} is archived.`);
}

/** @throws DatalabError `changed-meanwhile` */
export function requireNotDeleting({ name, state }: Pick<AppDetail, 'name' | 'state'>): void {
  if (state === 'deleting') throw new DatalabError('changed-meanwhile', `${name} is being deleted.`);
}
