// oxlint-disable-next-line unicorn/prefer-node-protocol -- applications write it so
import http from 'http';

import { getLogger } from 'reqlens';

import { serve } from './serve.cjs';

serve({ createServer: http.createServer, request: http.request, getLogger });
