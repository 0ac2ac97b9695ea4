/** A self-signed certificate for localhost, made by openssl for one test file and gone with it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  /** Paths of PEM files. */
  readonly key: string;
  readonly cert: string;
  readonly remove: () => void;
}

export function makeCertificate(): Certificate {
  const directory = mkdtempSync(join(tmpdir(), 'reqlens-certificate-'));
  const key = join(directory, 'key.pem');
  const cert = join(directory, 'cert.pem');
  const what = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...what, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { key, cert, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
