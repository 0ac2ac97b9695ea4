import { createServer, request } from 'node:http';
import type { RequestListener } from 'node:http';

import { getLogger } from 'reqlens';
import type { NamedLogger } from 'reqlens';

import { serve } from './serve.cjs';

interface Parts {
  readonly createServer: (listener: RequestListener) => unknown;
  readonly request: typeof request;
  readonly getLogger: (name: string) => NamedLogger;
}

const parts: Parts = { createServer, request, getLogger };
serve(parts);
