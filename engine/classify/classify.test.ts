import { expect, test } from 'vitest';
import { pageAddress, referrerAddress } from './address.ts';
import { isBot } from './bot.ts';
import { classifyDevice } from './device.ts';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';
const ANDROID = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const IPAD =
  'Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1';
const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15';

test.each([
  ['Linux desktop', CHROME, {}, { device: 'desktop', browser: 'Chrome', os: 'Linux' }],
  ['Windows desktop', FIREFOX, {}, { device: 'desktop', browser: 'Firefox', os: 'Windows' }],
  ['Mac desktop', SAFARI, {}, { device: 'desktop', browser: 'Safari', os: 'macOS' }],
  ['telephone', IPHONE, {}, { device: 'mobile', browser: 'Mobile Safari', os: 'iOS' }],
  ['tablet', IPAD, {}, { device: 'tablet', browser: 'Mobile Safari', os: 'iOS' }],
  ['nothing', '', {}, { device: 'other', browser: '', os: '' }],
])('the user agent alone tells a %s', (_name, userAgent, headers, expected) => {
  expect(classifyDevice(userAgent, headers)).toEqual(expected);
});

test('client hints win over the user agent', () => {
  const hints = {
    'sec-ch-ua': '"Chromium";v="130", "Brave";v="130", "Not?A_Brand";v="99"',
    'sec-ch-ua-platform': '"Windows"',
    'sec-ch-ua-mobile': '?0',
  };
  expect(classifyDevice(CHROME, hints)).toEqual({ device: 'desktop', browser: 'Brave', os: 'Windows' });
  const chrome = { 'sec-ch-ua': '"Not A Brand";v="99", "Google Chrome";v="130", "Chromium";v="130"' };
  expect(classifyDevice(CHROME, chrome).browser).toBe('Chrome');
  expect(classifyDevice(CHROME, { 'sec-ch-ua': '"Chromium";v="130"' }).browser).toBe('Chromium');
});

test('a tablet with a frozen user agent is told by its hints', () => {
  expect(classifyDevice(ANDROID, { 'sec-ch-ua-mobile': '?1', 'sec-ch-ua-platform': '"Android"' }).device).toBe('mobile');
  expect(classifyDevice(ANDROID, { 'sec-ch-ua-mobile': '?0', 'sec-ch-ua-platform': '"Android"' }).device).toBe('tablet');
});

test('hints and user agents of any content give an answer at once', () => {
  const began = performance.now();
  for (const text of ['"'.repeat(100_000), 'Android '.repeat(50_000), '\u0000', '__proto__']) {
    classifyDevice(text, { 'sec-ch-ua': text, 'sec-ch-ua-platform': text, 'sec-ch-ua-mobile': text });
  }
  expect(performance.now() - began).toBeLessThan(500);
});

test('bots are those that say so, are driven, or say nothing', () => {
  expect(isBot('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', false)).toBe(true);
  expect(isBot(CHROME, true)).toBe(true);
  expect(isBot('', false)).toBe(true);
  expect([CHROME, FIREFOX, IPHONE, SAFARI].map((userAgent) => isBot(userAgent, false))).toEqual([false, false, false, false]);
});

test('an address keeps neither query, fragment nor credentials', () => {
  expect(pageAddress('https://me:secret@shop.example:8443/a/b?token=1#x')).toBe('https://shop.example:8443/a/b');
  expect(['', 'nonsense', 'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'].map(pageAddress)).toEqual(['', '', '', '', '']);
});

test('a referrer of the page’s own host is none', () => {
  const page = 'https://shop.example/a';
  expect(referrerAddress('https://shop.example/b?q=1', page)).toBe('');
  expect(referrerAddress('https://news.example/today?id=7', page)).toBe('https://news.example/today');
  expect(referrerAddress('android-app://com.example.mail/', page)).toBe('android-app://com.example.mail/');
  expect(referrerAddress('', page)).toBe('');
});
