import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('../../../collector/view/web/tokens.css', import.meta.url), 'utf8');
const pairs = [...css.matchAll(/--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\)/g)];
const colours = new Map(pairs.map(([, name = '', light = '', dark = '']) => [name, [light, dark] as const]));

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2, 1.4.3. */
function contrast(theme: 0 | 1, text: string, ground: string): number {
  const [a = 0, b = 0] = [text, ground].map((name) => luminance(colours.get(name)?.[theme] ?? '#000000'));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const surfaces = ['ground', 'panel', 'raised', 'hover', 'selected'];
const texts = ['text', 'text-soft', 'text-faint', 'accent', 'error', 'warning'];
const cases = texts.flatMap((text) => surfaces.map((ground) => [text, ground] as const));
const badges = ['error', 'warning', 'ok'].map((name) => [name, `${name}-ground`] as const);

test.each([...cases, ...badges])('%s on %s can be read in both themes', (text, ground) => {
  expect(contrast(0, text, ground)).toBeGreaterThanOrEqual(4.5);
  expect(contrast(1, text, ground)).toBeGreaterThanOrEqual(4.5);
});

test.each(Array.from({ length: 10 }, (_, slot) => `service-${slot}`))('bars of %s stand out from the panel', (name) => {
  expect(contrast(0, name, 'panel')).toBeGreaterThanOrEqual(3);
  expect(contrast(1, name, 'panel')).toBeGreaterThanOrEqual(3);
});
