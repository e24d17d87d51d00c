import { join } from 'node:path';

/**
 * The environment of every thread: nothing of the process's, and a place where Node keeps what it has compiled.
 *
 * Node takes the types off TypeScript with a program in WebAssembly, in each thread anew: more than half of a thread's start. And where
 * several threads do so at the same time, V8 now and then takes the whole process down (`Check failed: jit_page.has_value()`, seen in
 * Node 24.21 in one of about two thousand starts). What lies in the cache needs neither; `npm ci` fills it.
 */
export const THREAD_ENV: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '..', '..', 'build', 'compile-cache'),
};
