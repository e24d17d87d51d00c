import { UAParser } from 'ua-parser-js';
import type { DeviceClass, SessionFacts } from '../store/records.ts';

/** Request headers by lower-case name, as Node gives them. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Longer names are cut: every real one is shorter, and the patterns then have little to go back over. */
const USER_AGENT_MAX = 512;

/** Client hints say it shorter or longer than people do. */
const BRANDS: Readonly<Record<string, string>> = { 'Google Chrome': 'Chrome', 'Microsoft Edge': 'Edge' };
const SYSTEMS: Readonly<Record<string, string>> = { 'Mac OS': 'macOS', 'Chromium OS': 'Chrome OS' };

/**
 * Device class, browser and system of a client. Client hints win over the user agent, which browsers freeze more and more.
 * What cannot be told is '' and `other`.
 */
export function classifyDevice(userAgent: string, headers: Headers): Pick<SessionFacts, 'device' | 'browser' | 'os'> {
  const parsed = new UAParser(userAgent.slice(0, USER_AGENT_MAX)).getResult();
  const platform = hint(headers, 'sec-ch-ua-platform');
  const system = platform && platform !== 'Unknown' ? platform : (parsed.os.name ?? '');
  return {
    device: deviceClass(parsed.device.type, system, headers['sec-ch-ua-mobile']),
    browser: brandOf(headers['sec-ch-ua']) ?? parsed.browser.name ?? '',
    os: SYSTEMS[system] ?? system,
  };
}

function deviceClass(type: string | undefined, system: string, mobile: Headers[string]): DeviceClass {
  if (mobile === '?1') return 'mobile';
  // A tablet's browser asks for the page of a computer, and its frozen user agent says a telephone's model.
  if (mobile === '?0' && system === 'Android') return 'tablet';
  if (type === 'mobile' || type === 'tablet') return type;
  return type === undefined && system !== '' ? 'desktop' : 'other';
}

/**
 * The brand that is not the engine, out of `"Chromium";v="130", "Brave";v="130", "Not?A_Brand";v="99"`. The made-up one is
 * there to break those who expect a fixed list: it always has characters that no name has.
 */
function brandOf(brands: Headers[string]): string | undefined {
  if (typeof brands !== 'string') return undefined;
  const names = Array.from(brands.slice(0, USER_AGENT_MAX).matchAll(/"([A-Za-z][A-Za-z ]*)"\s*;/g), ([, name = '']) => name);
  const real = names.filter((name) => !/^Not[ A]/.test(name));
  const brand = real.find((name) => name !== 'Chromium') ?? real[0];
  return brand && (BRANDS[brand] ?? brand);
}

function hint(headers: Headers, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value.replace(/^"|"$/g, '').slice(0, 64) : '';
}
