/**
 * What is known of waiting around the start of the event loop; prints it as one JSON line when the loop has been idle. With `zeros`
 * the loop's clock never moves, with `none` there is none. CommonJS: the loop starts after this file.
 */
const { IncomingMessage, ServerResponse } = require('node:http');
const { Socket } = require('node:net');
const { performance } = require('node:perf_hooks');

const eventLoopUtilization = performance.eventLoopUtilization.bind(performance);
const [, , clock] = process.argv;
if (clock === 'zeros') performance.eventLoopUtilization = () => ({ idle: 0, active: 0, utilization: 0 });
if (clock === 'none') Reflect.deleteProperty(Object.getPrototypeOf(performance), 'eventLoopUtilization');
const { usageTracker } = require('../../../dist/src/usage/tracking.js');

const request = new IncomingMessage(new Socket());
Object.assign(request, { method: 'GET', url: '/', httpVersion: '1.1' });
const tracking = usageTracker().startTracking(request, new ServerResponse(request));
const waiting = (usage) => Object.fromEntries(Object.entries(usage).filter(([name]) => name.startsWith('wait')));

const beforeLoop = waiting(tracking.soFar());
const untilIdle = () => {
  if (eventLoopUtilization().idle === 0) setTimeout(untilIdle, 10);
  else console.log(JSON.stringify({ beforeLoop, inLoop: waiting(tracking.end({ isComplete: true })) }));
};
setTimeout(untilIdle, 10);
