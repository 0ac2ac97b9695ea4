/** No variable of the table goes without a test in real processes. */
import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { variables } from '../../src/config/variables.ts';

const directory = 'test/env';
const files = readdirSync(directory).filter((name) => name.endsWith('.test.ts'));

test.each(variables.map(({ name }) => name))(
  '%s is exercised by a file of its name, or of the variable for all signals',
  (name) => {
    // The key goes with its certificate: neither can be seen alone.
    const base = name
      .replace(/^(OTEL_EXPORTER_OTLP)_(?:TRACES|LOGS|METRICS)_(?!TEMPORALITY)/, '$1_')
      .replace('CLIENT_KEY', 'CLIENT_CERTIFICATE')
      // No system takes < and > in the name of a file.
      .replace('<NAME>', 'NAME');
    expect(files).toContain(`${base}.test.ts`);
    const text = readFileSync(`${directory}/${base}.test.ts`, 'utf8');
    const signal = /_(TRACES|LOGS|METRICS)_/.exec(name)?.[1];
    const isNamed = new RegExp(`\\b${name.replace('<NAME>', '[A-Z][A-Z\\d_]*')}\\b`).test(text);
    const isBuilt =
      signal !== undefined && text.includes(`'${signal}'`) && text.includes('OTEL_EXPORTER_OTLP_${signal}_');
    expect(isNamed || isBuilt).toBe(true);
  },
);
