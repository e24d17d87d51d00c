/** Which rows a long table asks for: those on screen and some around, in steps, so that scrolling asks rarely. */

export type RowWindow = { readonly offset: number; readonly limit: number };

const STEP = 50;
/** The most that the server gives at once. */
const LIMIT_MAX = 500;

/** @param start first row on screen @param end last row on screen */
export function rowWindow(start: number, end: number): RowWindow {
  const offset = Math.max(0, Math.floor(start / STEP - 0.5) * STEP);
  const limit = Math.ceil((end + STEP / 2 - offset) / STEP) * STEP;
  return { offset, limit: Math.min(LIMIT_MAX, Math.max(2 * STEP, limit)) };
}
