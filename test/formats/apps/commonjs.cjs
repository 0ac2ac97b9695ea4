const http = require('node:http');
const { getLogger } = require('reqlens');
const { serve } = require('./serve.cjs');

serve({ createServer: http.createServer, request: http.request, getLogger });
