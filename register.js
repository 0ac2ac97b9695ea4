// The preload of a checkout: `node --import ./register.js app.js`. An installed package answers to `reqlens/register`.
import './dist/register.cjs';
