/** As own-sdk.mjs, with a logger for diagnostics of its own. */
import { diag, DiagLogLevel } from '@opentelemetry/api';

const write = (message) => process.stderr.write(`its own: ${message}\n`);
diag.setLogger({ error: write, warn: write, info: write, debug: write, verbose: write }, DiagLogLevel.ERROR);
await import('./own-sdk.mjs');
diag.error('something of the application');
