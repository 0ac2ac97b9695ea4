// Top-level await before anything else.
await new Promise((resolve) => setImmediate(resolve));
const { createServer, request } = await import('node:http');
const { getLogger } = await import('reqlens');
const { serve } = await import('./serve.cjs');

serve({ createServer, request, getLogger });
