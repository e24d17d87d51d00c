import { build, parseSync, type Rollup, Visitor } from 'vite';
import { beforeAll, expect, test } from 'vitest';
import { buildNpm } from './npm.ts';
import { buildTracker } from './tracker.ts';

let files: ReadonlyMap<string, string>;
beforeAll(async () => {
  files = await buildNpm();
}, 60_000);

const code = () => files.get('tracker.js') ?? '';

test('without a window, as on a server that renders pages, importing does nothing and neither does any call', async () => {
  const globals = Object.keys(globalThis);
  const lab = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code())}`);
  lab.start({ app: 'shop', api: 'https://lab.example' });
  lab.event('x', { a: 1 });
  lab.identify('x');
  lab.consent(true);
  lab.stop();
  lab.debug();
  expect(lab.state()).toBeNull();
  expect(Object.keys(globalThis)).toEqual(globals);
});

test('what a site does not call is not in its bundle', async () => {
  const id = '\0datalab/tracker';
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'site',
        resolveId: (source) => (source === 'site' ? source : source === 'datalab/tracker' ? id : null),
        load: (asked) => (asked === 'site' ? "import { event } from 'datalab/tracker'; event('x');" : asked === id ? code() : null),
      },
    ],
    build: { write: false, minify: false, rolldownOptions: { input: 'site' } },
  });
  const text = (built as Rollup.RollupOutput).output[0].code;
  expect(text).toContain('"event"');
  for (const unused of ['identify', 'globalPrivacyControl', 'sessionStorage', 'datalab.js']) expect(text).not.toContain(unused);
});

test('its types stand alone', () => {
  const imports = [...files].flatMap(([file, text]) =>
    file.endsWith('.d.ts') ? [...text.matchAll(/from "(.+)"/g)].map(([, from = '']) => from) : [],
  );
  expect(new Set(imports)).toEqual(new Set(['./api.js']));
});

test('everything that websites load is ES2020', async () => {
  const scripts = new Map([...files].filter(([file]) => file.endsWith('.js')));
  for (const [file, text] of [...scripts, ...(await buildTracker())]) expect([file, newerThan2020(text)]).toEqual([file, []]);
}, 60_000);

/** Syntax that a browser of 2020 cannot read. */
function newerThan2020(text: string): string[] {
  const found: string[] = [];
  new Visitor({
    AssignmentExpression: ({ operator }) => ['??=', '||=', '&&='].includes(operator) && found.push(operator),
    PropertyDefinition: () => found.push('class field'),
    PrivateIdentifier: () => found.push('private name'),
    StaticBlock: () => found.push('static block'),
    // Of 2018; but Safari could not read one before 2023, and then reads nothing of the file.
    Literal: (node) =>
      'regex' in node && /\(\?<[=!]|[dv]$/.test(`${node.regex.pattern}/${node.regex.flags}`) && found.push(node.regex.pattern),
  }).visit(parseSync('file.js', text).program);
  return found;
}
