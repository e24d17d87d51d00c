import { describe, expect, it } from 'vitest';
import { readSettings } from '../settings.ts';
import { keptOf } from './retention-setting.ts';

const APPS = 'shop|Shop|https://shop.example;blog|Blog|https://blog.example;__proto__|Odd|https://odd.example';
const FOREVER = { chunks: null, sessions: null, rollups: null };

const retentionOf = (text: string) => readSettings({ DATALAB_APPS: APPS, DATALAB_RETENTION: text }).retention;
const kept = (text: string, app: string) => keptOf(retentionOf(text), app);

describe('DATALAB_RETENTION', () => {
  it('keeps everything forever unless it says otherwise', () => {
    expect(kept('', 'shop')).toEqual(FOREVER);
    expect(kept('chunks=forever', 'shop')).toEqual(FOREVER);
  });

  it('holds for every app, but for what an app’s own part names', () => {
    const text = 'chunks=180d sessions=400d; shop: chunks=30d rollups=800d ;__proto__:chunks=1d';
    expect(kept(text, 'blog')).toEqual({ chunks: 180, sessions: 400, rollups: null });
    expect(kept(text, 'shop')).toEqual({ chunks: 30, sessions: 400, rollups: 800 });
    expect(kept(text, '__proto__')).toEqual({ chunks: 1, sessions: 400, rollups: null });
  });

  it('may be for one app only, and in any order', () => {
    expect(kept('shop: chunks=30d', 'blog')).toEqual(FOREVER);
    expect(kept('shop: sessions=forever; chunks=36500d sessions=36500d', 'shop')).toEqual({
      chunks: 36_500,
      sessions: null,
      rollups: null,
    });
  });

  it('lets chunks that it does not name go with their sessions', () => {
    expect(kept('sessions=90d', 'shop')).toEqual({ chunks: 90, sessions: 90, rollups: null });
    expect(kept('blog: sessions=90d', 'blog')).toEqual({ chunks: 90, sessions: 90, rollups: null });
  });

  const refused: readonly (readonly [text: string, said: string])[] = [
    ['events=30d', '“events=30d”'],
    ['chunks=0d', '“chunks=0d”'],
    ['chunks=1.5d', '“chunks=1.5d”'],
    ['chunks=36501d', '“chunks=36501d”'],
    ['chunks=30', '“chunks=30”'],
    ['chunks=-1d', '“chunks=-1d”'],
    ['chunks = 30d', '“chunks”'],
    ['chunks=30d toString=3d', '“toString=3d”'],
    ['chunks=30d chunks=40d', 'names chunks twice'],
    ['chunks=30d; chunks=40d', 'every app has a part already'],
    ['shop: chunks=30d; shop: sessions=40d', 'the app shop has a part already'],
    ['chunks=30d;', 'a part names at least one kind'],
    ['shop:', 'a part names at least one kind'],
    ['chunks=400d sessions=180d', '“chunks=400d sessions=180d”, but chunks (400d) would be kept longer than their sessions (180d)'],
    ['chunks=forever sessions=180d', 'chunks (forever) would be kept longer than their sessions (180d)'],
    ['chunks=180d; shop: sessions=90d', '“shop: sessions=90d”, but chunks (180d) would be kept longer than their sessions (90d)'],
  ];
  it.each(refused)('refuses “%s” in one sentence that names the entry', (text, said) => {
    expect(() => retentionOf(text)).toThrow(expect.objectContaining({ code: 'setting-invalid', message: expect.stringContaining(said) }));
    expect(() => retentionOf(text)).toThrow(/^DATALAB_RETENTION has “/);
  });
});
