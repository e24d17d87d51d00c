import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startServers } from './mongodb-for-tests.ts';

/** Notes each command line, and fails those that match $REFUSED; the first answer of every server is that it is not ready. */
const FAKE_DOCKER = `#!/bin/sh
echo "$*" >>"$FOLDER/commands"
if [ -n "$REFUSED" ] && echo "$*" | grep -q "$REFUSED"; then echo "no $1 today" >&2; exit 1; fi
if [ "$1" = exec ] && [ ! -e "$FOLDER/asked-$2" ]; then touch "$FOLDER/asked-$2"; exit 1; fi
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'datalab-docker-'));
  writeFileSync(join(folder, 'docker'), FAKE_DOCKER);
  chmodSync(join(folder, 'docker'), 0o755);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

const environmentOf = (changes: Record<string, string> = {}): Record<string, string | undefined> => ({
  PATH: `${folder}:/usr/bin:/bin`,
  FOLDER: folder,
  ...changes,
});
const said = () => vi.spyOn(console, 'log').mockImplementation(() => undefined).mock.calls;
/** The command lines so far, with what differs from run to run by name. */
function commands(): string[] {
  if (!existsSync(join(folder, 'commands'))) return [];
  const text = readFileSync(join(folder, 'commands'), 'utf8').replaceAll(`datalab-tests-${process.pid}`, 'tests');
  return text
    .trim()
    .replaceAll(/\b\d{4,5}\b/g, 'PORT')
    .split('\n');
}

describe('MongoDB for the tests', () => {
  it('is the one that is named: docker is not asked', async () => {
    const environment = environmentOf({ DATALAB_TEST_MONGODB_URI: 'mongodb://named' });
    expect(await startServers(environment)).toBeUndefined();
    expect(commands()).toEqual([]);
  });

  it('is none where no docker engine answers, and that is said in one line', async () => {
    const lines = said();
    const environment = environmentOf({ REFUSED: 'version' });
    expect(await startServers(environment)).toBeUndefined();
    expect(await startServers({ PATH: '/nowhere' })).toBeUndefined();
    expect(lines.map(([line]) => line)).toEqual(
      Array(2).fill(expect.stringMatching(/^MongoDB is not tested: .* no docker engine answers/)),
    );
    expect(Object.keys(environment).filter((name) => name.startsWith('DATALAB_'))).toEqual([]);
  });

  it('runs in containers that are asked until they take writes, and are taken away at the end', async () => {
    said();
    const environment = environmentOf();
    const stop = await startServers(environment);
    const mongod = 'mongod --wiredTigerCacheSizeGB 0.25 --setParameter enableTestCommands=1 --bind_ip_all --port PORT';
    const run = (name: string, options: string) =>
      `run --detach --name tests-${name} --publish 127.0.0.1:PORT:PORT mongo:7.0.16 ${mongod}${options}`;
    const member = 'rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "127.0.0.1:PORT" }] })';
    const initiate = (name: string) =>
      `exec tests-${name} mongosh --quiet --port PORT --eval if (!db.hello().setName) ${member}; quit(db.hello().isWritablePrimary ? 0 : 1)`;
    const ask = 'exec tests-standalone mongosh --quiet --port PORT --eval db.hello()';
    const before = [
      'version',
      ...[run('faults', ' --replSet rs0'), initiate('faults'), initiate('faults')],
      ...[run('standalone', ''), ask, ask],
      ...[run('shared', ' --replSet rs0'), initiate('shared'), initiate('shared')],
    ];
    expect(commands()).toEqual(before);
    expect(environment).toMatchObject({
      DATALAB_TEST_MONGODB_URI: expect.stringMatching(/^mongodb:\/\/127\.0\.0\.1:\d+\/\?replicaSet=rs0$/),
      DATALAB_TEST_MONGODB_FAULTS_URI: expect.stringMatching(/^mongodb:\/\/127\.0\.0\.1:\d+\/\?replicaSet=rs0$/),
      DATALAB_TEST_MONGODB_STANDALONE_URI: expect.stringMatching(/^mongodb:\/\/127\.0\.0\.1:\d+\/$/),
      DATALAB_TEST_MONGODB_KILL: `docker kill datalab-tests-${process.pid}-faults`,
      DATALAB_TEST_MONGODB_START: `docker start datalab-tests-${process.pid}-faults`,
    });
    await stop?.();
    expect(commands()).toEqual([...before, 'rm --force --volumes tests-shared tests-faults tests-standalone']);
  });

  it('is none where a container does not start: nothing is left behind, and the reason is said', async () => {
    const lines = said();
    const environment = environmentOf({ REFUSED: 'run.*shared' });
    expect(await startServers(environment)).toBeUndefined();
    expect(commands().at(-1)).toBe('rm --force --volumes tests-shared tests-faults tests-standalone');
    expect(Object.keys(environment).filter((name) => name.startsWith('DATALAB_'))).toEqual([]);
    expect(String(lines.at(-1))).toContain('no run today');
  });
});
