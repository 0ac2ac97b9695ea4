/** Loaded before the preload: a server that is older than our patches. */
import http from 'node:http';

globalThis.madeBeforeThePreload = http.createServer();
