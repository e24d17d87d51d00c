import { expect, test } from 'vitest';
import { compileThreads, THREAD_FILES } from './threads.ts';

/** Says as a thread ends whether it had to take types off. */
const SAY = 'process.on("exit", () => console.log(process.moduleLoadList.some((name) => name.includes("amaro")) ? "types" : "none"))';

test('what threads load was compiled before: none of them takes types off TypeScript', async () => {
  await compileThreads();
  const said = await compileThreads(['--import', `data:text/javascript,${encodeURIComponent(SAY)}`]);
  expect(said).toBe('none\n'.repeat(THREAD_FILES.length));
  expect(THREAD_FILES.length).toBeGreaterThan(2);
});
