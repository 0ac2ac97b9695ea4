/** The same with the preload in the bundle. */
/* oxlint-disable import/no-unassigned-import -- loading them is all that is wanted */
import 'reqlens/register';
import './bundled.mjs';
