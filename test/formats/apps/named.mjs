import { createServer, request } from 'node:http';

import { getLogger } from 'reqlens';

import { serve } from './serve.cjs';

serve({ createServer, request, getLogger });
