/** Tests start the built package as users do, so dist/ is compiled from the sources before the first of them. */
import { execFileSync } from 'node:child_process';

export function setup(): void {
  // A run in a watch loop or right after `npm ci` may say that dist/ is fresh already.
  if (process.env['REQLENS_TEST_SKIP_BUILD'] === '1') return;
  execFileSync(process.execPath, ['scripts/build.ts'], { stdio: 'inherit' });
}
