/** Before everything else, as Yarn's PnP does: one file (`ARCHIVED`) that is gone from the disk can be read in this thread alone. */
const fs = require('node:fs');

const { readFileSync } = fs;
const content = readFileSync(process.env.ARCHIVED, 'utf8');
const name = process.env.ARCHIVED.slice(process.env.ARCHIVED.lastIndexOf('/'));

fs.readFileSync = (path, ...rest) => (String(path).endsWith(name) ? content : readFileSync(path, ...rest));
