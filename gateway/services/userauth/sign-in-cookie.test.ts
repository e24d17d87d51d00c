import { fastifyCookie } from '@fastify/cookie';
import Fastify from 'fastify';
import { beforeAll, expect, it } from 'vitest';
import { signInCookie, signInTokenOf } from './sign-in-cookie.ts';

const SECURE = 'https://lab.example';
const PLAIN = 'http://localhost:8080';

// It reads and writes cookies once it was registered somewhere.
beforeAll(async () => {
  await Fastify().register(fastifyCookie).ready();
});

it('what is set is what is read, with and without TLS', () => {
  for (const url of [SECURE, PLAIN]) expect(signInTokenOf(signInCookie('t1', url).split(';', 1)[0], url)).toBe('t1');
  expect(signInTokenOf(undefined, PLAIN)).toBeUndefined();
});

it('over TLS no other name is read: a neighbour, or a page without TLS, could have set it', () => {
  expect(signInTokenOf('datalab_ui=planted', SECURE)).toBeUndefined();
  expect(signInTokenOf('datalab_ui=planted; __Host-datalab=own', SECURE)).toBe('own');
});
