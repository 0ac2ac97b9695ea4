const { createServer, request }: typeof import('node:http') = require('node:http');
const { getLogger }: typeof import('reqlens') = require('reqlens');
const { serve } = require('./serve.cjs');

serve({ createServer, request, getLogger });
