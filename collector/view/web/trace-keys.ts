/** The keys of the trace page. */
import type { KeyBinding } from './keys.ts';
import type { TraceToolbar } from './trace-toolbar.ts';
import type { Waterfall } from './waterfall.ts';

/** What the keys act on. */
export interface TraceKeyTargets {
  readonly waterfall: Waterfall;
  readonly toolbar: TraceToolbar;
  readonly showDetails: () => void;
  readonly toggleLogs: () => void;
  readonly toggleUsage: () => void;
  readonly copyId: () => void;
  readonly back: () => void;
}

/** In the order in which the overlay lists them. */
export function traceKeys({ waterfall, toolbar, ...page }: TraceKeyTargets): readonly KeyBinding[] {
  return [
    { keys: ['j', 'ArrowDown'], label: 'Next span', run: () => waterfall.move(1) },
    { keys: ['k', 'ArrowUp'], label: 'Previous span', run: () => waterfall.move(-1) },
    { keys: ['ArrowLeft'], label: 'Fold, or go to the parent', run: () => waterfall.foldOrLeave() },
    { keys: ['ArrowRight'], label: 'Unfold, or go to the first child', run: () => waterfall.unfoldOrEnter() },
    { keys: ['Home'], label: 'First span', run: () => waterfall.moveToEnd('first') },
    { keys: ['End'], label: 'Last span', run: () => waterfall.moveToEnd('last') },
    { keys: ['PageDown'], label: 'A screen down', run: () => waterfall.movePage(1) },
    { keys: ['PageUp'], label: 'A screen up', run: () => waterfall.movePage(-1) },
    { keys: ['Enter'], label: 'Details of the span', run: page.showDetails },
    { keys: ['l'], label: 'Log lines, or back to the span', run: page.toggleLogs },
    { keys: ['r'], label: 'Resources used, or back to the span', run: page.toggleUsage },
    { keys: ['e'], label: 'Next error', run: () => waterfall.jumpToError(1) },
    { keys: ['E'], label: 'Previous error', run: () => waterfall.jumpToError(-1) },
    { keys: ['f'], label: 'Find in this trace', run: () => toolbar.focusSearch() },
    { keys: ['n'], label: 'Next match', run: () => waterfall.jumpToMatch(1) },
    { keys: ['N'], label: 'Previous match', run: () => waterfall.jumpToMatch(-1) },
    { keys: ['c'], label: 'Copy the request id', run: page.copyId },
    { keys: ['Escape'], label: 'Back to the requests', run: page.back },
  ];
}
