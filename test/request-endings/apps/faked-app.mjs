/** The server of endings.mjs in a process whose microtasks wait, as fake timers have it. */
import { listen } from './endings.mjs';

globalThis.queueMicrotask = () => {};
listen((port) => console.log(`listening ${port}`));
