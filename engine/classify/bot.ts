import { isbot } from 'isbot';

/** True for what names itself a robot, is driven by one, or names itself not at all: no browser does that. Marked, never dropped. */
export function isBot(userAgent: string, webdriver: boolean): boolean {
  return webdriver || userAgent === '' || isbot(userAgent);
}
