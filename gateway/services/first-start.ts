/** What is there before anybody has changed anything: the websites that the settings name, and the way in for the first owner. */
import { DatalabError } from '../../engine/errors/errors.ts';
import type { AppSetting } from '../settings.ts';
import type { Ask } from './call.ts';

/** The address where a one-time link is used. Behind the `#`, so that the token is in no log. */
export const linkUrl = (url: string, token: string): string => `${url}/link#${token}`;

/**
 * Makes the apps that are missing.
 * @returns false if the services do not answer now
 */
export function seedApps(ask: Ask, apps: readonly AppSetting[]): Promise<boolean> {
  return answered(ask('app', 'POST', '/internal/app/seed', { body: { apps } }));
}

/**
 * An address that signs in at once, as this person; who is made the first owner if nobody is there. For the demo and for tests.
 * @throws DatalabError `user-unknown` if there are others, and not this one
 */
export async function enterUrl(ask: Ask, url: string, name: string, email: string): Promise<string> {
  const { token } = await ask<{ token: string }>('userauth', 'POST', '/internal/userauth/enter', { body: { name, email } });
  return linkUrl(url, token);
}

/** @returns a token for making the first account; '' where there is one, or nobody answers */
export async function setUpToken(ask: Ask): Promise<string> {
  let token = '';
  const asked = ask<{ token: string }>('userauth', 'POST', '/internal/userauth/set-up', { body: {} });
  await answered(
    asked.then((answer) => {
      token = answer.token;
    }),
  );
  return token;
}

async function answered(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (error instanceof DatalabError && error.code === 'service-away') return false;
    throw error;
  }
}
