import * as http from 'node:http';

import * as reqlens from 'reqlens';

import { serve } from './serve.cjs';

serve({ createServer: http.createServer, request: http.request, getLogger: reqlens.getLogger });
