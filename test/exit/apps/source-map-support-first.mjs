/** Loaded before the preload: prints errors in Node's place, and ends the process by them. */
import sourceMapSupport from 'source-map-support';

sourceMapSupport.install();
