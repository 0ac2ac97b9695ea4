/** The server of endings.mjs, on a port of its own. */
import { listen } from './endings.mjs';

listen((port) => console.log(`listening ${port}`));
