import { expect, it } from 'vitest';
import type { Page } from './fetch-page.ts';
import { checkSnippet } from './snippet-check.ts';

const KEYS = { open: ['shop', 'newer'], ended: ['older'] };
const LAB = 'https://lab.example';
const tag = (more = 'data-app="shop"') => `<script async src="${LAB}/datalab.js" ${more}></script>`;
const page = (html: string, more: Partial<Page> = {}): Page => ({
  url: new URL('https://shop.example/page?a=1'),
  status: 200,
  contentType: 'text/html; charset=utf-8',
  securityPolicies: [],
  html,
  ...more,
});
const meta = (policy: string) => `<meta http-equiv="Content-Security-Policy" content="${policy}">`;

it.each<[string, Page]>([
  ['as it is given', page(`<!doctype html><html><head>${tag()}</head></html>`)],
  ['in other words', page(`<SCRIPT DATA-APP=newer\nSRC='${LAB}/datalab.js?v=1'></SCRIPT>`)],
  ['with & in its address', page(`<script src="${LAB}/datalab.js?a=1&amp;b=2" data-app="shop"></script>`)],
  ['by a type that browsers run', page(tag('data-app="shop" type="text/javascript"'))],
  ['beside one of another app', page(`${tag('data-app="elsewhere"')}${tag()}`)],
  ['from the page’s own host', page('<script src="/lib/datalab.js" data-app="shop"></script>')],
  ['from beside the base', page(`<base href="${LAB}/lib/"><script src="datalab.js" data-app="shop"></script>`)],
  ['under another name', page(`<script src="${LAB}/d.js" data-app="shop"></script>`)],
  ['after comments of every kind', page(`<!-- <script> --><!--[if IE]><script src="x"></script><![endif]--><!-->${tag()}`)],
  ['after a script with tags in its text', page(`<script>let a = "<script src='x'>" // </scripty\n</script>${tag()}`)],
  ['after capitals that become longer when small', page(`<title>${'İ'.repeat(100)}</title>${tag()}`)],
  ['after a page that is no HTML at all', page(`<<<a b='<"=</ <1 <x/y/=z "">${tag()}`)],
  ['on a page over http', page(tag().replace('https:', 'http:'), { url: new URL('http://shop.example/') })],
  ['by a policy that names it', page(tag(), { securityPolicies: [`script-src ${LAB}; connect-src ${LAB} wss://lab.example`] })],
  ['by one with any of its hosts', page(tag(), { securityPolicies: ["default-src 'none'; script-src *.example; connect-src *"] })],
  ['by one with its scheme', page(tag(), { securityPolicies: ['default-src https:'] })],
  ['by one with its path', page(tag(), { securityPolicies: [`script-src ${LAB}/datalab.js`] })],
  ['by one with its folder and port', page(tag(), { securityPolicies: ['script-src lab.example:443/'] })],
  ['by one about script elements', page(tag(), { securityPolicies: [`script-src 'none'; script-src-elem ${LAB}`] })],
  ['by a nonce', page(tag('data-app="shop" nonce="abc"'), { securityPolicies: ["script-src 'nonce-abc' 'strict-dynamic'"] })],
  ['by a policy in the page', page(`${meta(`script-src ${LAB}`)}${tag()}`)],
  ['by a policy about other things', page(tag(), { securityPolicies: ["img-src 'none'; object-src 'none'"] })],
  [
    'from the page’s own host, by a policy that names where it connects to',
    page(`<script src="/datalab.js" data-app="shop" data-api="${LAB}"></script>`, {
      securityPolicies: [`script-src 'self'; connect-src ${LAB}`],
    }),
  ],
])('the snippet is found %s', (_how, seen) => {
  expect(checkSnippet(seen, KEYS)).toEqual({
    found: true,
    message: expect.stringMatching(/^The snippet is there, with the key (shop|newer)\.$/),
  });
});

it.each<[string, string, Page]>([
  ['answers 404', 'answered 404', page(tag(), { status: 404 })],
  ['answers 500', 'answered 500', page(tag(), { status: 500 })],
  ['asks who one is', 'not open to everybody', page(tag(), { status: 401 })],
  ['is no page', 'This is no page, but application/json', page(tag(), { contentType: 'application/json; charset=utf-8' })],
  ['is empty', 'nothing that this check can read', page('')],
  ['has none', 'the snippet is not in it', page('<h1>Shop</h1><script src="/shop.js"></script>')],
  ['has it in a comment', 'the snippet is not in it', page(`<!-- ${tag()} -->`)],
  ['has it in a comment without an end', 'the snippet is not in it', page(`<!-- ${tag()}`)],
  ['has it in a template', 'the snippet is not in it', page(`<template>${tag()}</template>`)],
  ['has it in noscript', 'the snippet is not in it', page(`<noscript>${tag()}</noscript>`)],
  ['has it in a text', 'the snippet is not in it', page(`<textarea>${tag()}</textarea>`)],
  ['has it in a script', 'the snippet is not in it', page(`<script>document.write('${tag().replace('</script>', '')}')</script>`)],
  ['has it in an attribute', 'the snippet is not in it', page(`<div data-x='${tag()}'></div>`)],
  ['has it with another app’s key', 'with the key elsewhere', page(tag('data-app="elsewhere"'))],
  ['has it with a key in other capitals', 'with the key SHOP', page(tag('data-app="SHOP"'))],
  ['has it with a key that has ended', 'key older has ended. Replace it by shop', page(tag('data-app="older"'))],
  ['has it without a key', 'Add data-app="shop"', page(tag(''))],
  ['says the right key only the second time', 'with the key elsewhere', page(tag('data-app="elsewhere" data-app="shop"'))],
  ['has it as a module, which cannot read its key', 'type="module"', page(tag('data-app="shop" type="module"'))],
  ['has it with a type that waits for consent', 'browsers do not run it', page(tag('data-app="shop" type="text/plain"'))],
  ['has it without an address', 'loads nothing', page('<script data-app="shop"></script>')],
  ['has it with an address that is none', 'loads nothing', page('<script data-app="shop" src="https://"></script>')],
  ['has it over http on a page over https', 'loads over http', page(tag().replace('https:', 'http:'))],
  ['sends over http from a page over https', 'over http', page(tag('data-app="shop" data-api="http://lab.example"'))],
  ['forbids scripts of others', `Add ${LAB} to its script-src`, page(tag(), { securityPolicies: ["script-src 'self'"] })],
  ['forbids everything', `Add ${LAB} to its default-src`, page(tag(), { securityPolicies: ["default-src 'none'"] })],
  ['forbids it by a policy in the page', `Add ${LAB} to its script-src`, page(`${meta("script-src 'self'")}${tag()}`)],
  ['forbids it by the second of two policies', `Add ${LAB} to`, page(tag(), { securityPolicies: [`script-src ${LAB}`, 'script-src'] })],
  ['knows another nonce', `Add ${LAB} to`, page(tag('data-app="shop" nonce="abc"'), { securityPolicies: ["script-src 'nonce-xyz'"] })],
  ['counts nonces alone', `Add ${LAB} to`, page(tag(), { securityPolicies: [`script-src ${LAB} 'strict-dynamic' 'nonce-xyz'`] })],
  ['names another host', `Add ${LAB} to`, page(tag(), { securityPolicies: ['script-src https://evil-lab.example *.lab.example'] })],
  ['names another port', `Add ${LAB} to`, page(tag(), { securityPolicies: ['script-src lab.example:8443'] })],
  ['names another path', `Add ${LAB} to`, page(tag(), { securityPolicies: [`script-src ${LAB}/other.js ${LAB}/lib/`] })],
  [
    'lets it load, but not connect',
    `Add ${LAB} wss://lab.example to its connect-src`,
    page(tag(), { securityPolicies: ["connect-src 'self'"] }),
  ],
  [
    'lets it connect to where it came from alone',
    `Add ${LAB} wss://lab.example to its connect-src`,
    page(`<script src="/datalab.js" data-app="shop" data-api="${LAB}"></script>`, { securityPolicies: ["default-src 'self'"] }),
  ],
])('it is said what is wrong where the page %s', (_what, words, seen) => {
  const { found, message } = checkSnippet(seen, KEYS);
  expect([found, message]).toEqual([false, expect.stringContaining(words)]);
});

it('a page of 2 MiB is read in a time that grows with its length, whatever is in it', () => {
  for (const text of [
    '<',
    '<a ',
    '<a b=',
    '<a b="',
    '<a b=\'<a b="',
    '<!--',
    '<!-- --',
    '<script>',
    'a = ',
    '<a b = =/',
    '<title></title',
    ' ',
    'İ',
  ])
    expect(checkSnippet(page(`<p ${text.repeat(2_097_152 / text.length)}`), KEYS).found).toBe(false);
});
