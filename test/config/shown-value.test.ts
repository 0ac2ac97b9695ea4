/** What complaints may show of a value. */
import { expect, test } from 'vitest';

import { shownText, withoutCredentials } from '../../src/config/shown-value.ts';

test.each([
  ['plain é 漢 🙂', 'plain é 漢 🙂'],
  ['a\r\nreqlens: forged', 'a\\u{d}\\u{a}reqlens: forged'],
  ['\u001b[31m\u009b\u007f', '\\u{1b}[31m\\u{9b}\\u{7f}'],
  ['\u2028\u202e\ud800', '\\u{2028}\\u{202e}\\u{d800}'],
  ['say "hi" \\', 'say \\"hi\\" \\\\'],
  ['x'.repeat(80), 'x'.repeat(80)],
  ['x'.repeat(81), `${'x'.repeat(79)}…`],
  ['\n'.repeat(100), `${'\\u{a}'.repeat(15)}…`],
])('%j is shown as %j', (text, shown) => {
  expect(shownText(text)).toBe(shown);
});

test.each([
  ['http://a:1/v1/traces', 'http://a:1/v1/traces'],
  ['http://user:pw@a/x', 'http://***@a/x'],
  ['https://u:p@ss/w?rd@a/x', 'https://***@a/x'],
  ['user:pw@a:1', '***@a:1'],
  ['http://a/?api-key=1#x', 'http://a/?***'],
])('%s loses its credentials: %s', (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown);
});
