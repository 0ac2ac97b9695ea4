/** The program idle.mjs in a worker thread, which runs the preload as well. */
import { Worker } from 'node:worker_threads';

const worker = new Worker(new URL('idle.mjs', import.meta.url));
worker.on('error', (error) => console.error(error));
