const { createServer, request } = require('node:http');
const { getLogger } = require('reqlens');
const { serve } = require('./serve.cjs');

const parts: object = { createServer, request, getLogger };
serve(parts);
