/** One table of keys per page: what it does is what the overlay shows. */

/** One thing that can be done from the keyboard. */
export interface KeyBinding {
  /** `KeyboardEvent.key` values; any of them. */
  readonly keys: readonly string[];
  /** What it does, for the overlay: `Next error`. */
  readonly label: string;
  readonly run: () => void;
}

/** Keys that a focused control needs for itself. */
const controlKeys = new Set(['Enter', ' ']);
const arrowKeys = new Set(['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown']);

/** Runs the first binding that fits, unless the key belongs to the control that has the focus. */
export function runKey(event: KeyboardEvent, bindings: readonly KeyBinding[]): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (belongsToControl(event)) return;
  const binding = bindings.find(({ keys }) => keys.includes(event.key));
  if (binding === undefined) return;
  event.preventDefault();
  binding.run();
}

function belongsToControl(event: KeyboardEvent): boolean {
  if (!(event.target instanceof Element)) return false;
  if (document.querySelector('dialog[open]') !== null) return true;
  if (event.target.closest('input, textarea, select') !== null) return true;
  if (controlKeys.has(event.key)) return event.target.closest('button, a, summary') !== null;
  return arrowKeys.has(event.key) && event.target.closest('[data-own-arrows]') !== null;
}
