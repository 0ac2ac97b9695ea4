/** Has nothing to send. Prints what an application can find out about its process, at its start and some turns later. */
import { createHook } from 'node:async_hooks';
import { readdirSync, readlinkSync, writeSync } from 'node:fs';
import { promiseHooks } from 'node:v8';

// Node makes this stream when it loads node:http2, which the preload needs; many modules of Node do.
void process.stderr;

const resources = [];
let promises = 0;
createHook({ init: (_id, type) => resources.push(type) }).enable();
promiseHooks.onInit(() => {
  promises += 1;
});

const events = [
  'exit',
  'beforeExit',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGUSR2',
  'uncaughtException',
  'uncaughtExceptionMonitor',
  'unhandledRejection',
  'rejectionHandled',
  'warning',
  'message',
  'disconnect',
  'worker',
  'newListener',
  'removeListener',
];

function seen() {
  return {
    events: process.eventNames().map(String),
    listeners: events.map((event) => [
      event,
      process.listenerCount(event),
      process.listeners(event).map(String),
      process.rawListeners(event).map(String),
    ]),
    maxListeners: process.getMaxListeners(),
    active: process.getActiveResourcesInfo(),
    // oxlint-disable no-underscore-dangle -- what tools look at
    handles: process._getActiveHandles().length,
    requests: process._getActiveRequests().length,
    // oxlint-enable no-underscore-dangle
    descriptors: readdirSync('/proc/self/fd').map(linkOf).toSorted(),
  };
}

/** The reading of the list is on it. */
function linkOf(descriptor) {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).replaceAll(/\d+/g, 'N');
  } catch {
    return 'gone';
  }
}

const atStart = seen();
let turns = 0;
const timer = setInterval(() => {
  turns += 1;
  if (turns < 20) return;
  clearInterval(timer);
  writeSync(1, JSON.stringify({ atStart, later: seen(), resources, promises }, undefined, 1));
}, 10);
