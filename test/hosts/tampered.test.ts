/** Applications that change what belongs to the language: Node goes on, and so it does with us. */
import { expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';

async function run(nodeArgs: readonly string[]): ReturnType<typeof runApp> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
  return runApp('test/hosts/apps/no-array-iterator.cjs', { nodeArgs, env });
}

test('a server whose process has taken the iterator from arrays answers and ends as without us', async () => {
  const [bare, ours] = await Promise.all([run([]), run(['--import', './register.js'])]);
  expect(bare).toMatchObject({ stdout: 'true\n200\n200\n200\nexit 7\n', code: 7 });
  expect(ours).toMatchObject({ stdout: bare.stdout, code: bare.code });
});
