/** Lets `Date.now()` stand still. Timers go on. */
const now = Date.parse('2026-11-23T21:17:02.117Z');
Date.now = () => now;
