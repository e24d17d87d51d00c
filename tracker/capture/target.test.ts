import { expect, test } from 'vitest';
import { readsLikeWords } from './target.ts';

test.each(['nav', 'add-to-basket', 'card__title', 'btn--primary', 'navItem', 'productGallery', 'hero', 'h-full', 'Header'])(
  'targets: a name that a person wrote names a target: %s',
  (name) => expect(readsLikeWords(name)).toBe(true),
);

test.each([
  'css-1q2w3e',
  'sc-bdVaJa',
  '_3kFq',
  'jss42',
  'css-kfhqwz',
  'MuiButton-root-12',
  'a1',
  '',
  ':r1:',
  'svelte-xkcdqr',
  'w-1/2',
  'md:flex',
])('targets: a name that a tool generated names none: %s', (name) => expect(readsLikeWords(name)).toBe(false));
