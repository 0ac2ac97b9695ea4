/** Shows which keys do what on this page. */
import { el } from './element.ts';
import { icon } from './icons.ts';
import type { KeyBinding } from './keys.ts';

const readable: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  Home: 'Home',
};

/** Opens the overlay; Escape, the button or a click beside it closes it. */
export function showKeys(bindings: readonly KeyBinding[]): void {
  const dialog = el('dialog', { class: 'keys', attr: { 'aria-label': 'Keyboard shortcuts' } });
  const close = el('button', {
    class: 'icon-button',
    attr: { type: 'button', 'aria-label': 'Close' },
    on: { click: () => dialog.close() },
  });
  close.append(icon('close'));
  const rows = bindings.map(({ keys, label }) => [
    el(
      'dt',
      {},
      keys.map((key) => el('kbd', {}, readable[key] ?? key)),
    ),
    el('dd', {}, label),
  ]);
  dialog.append(el('header', {}, el('h2', {}, 'Keyboard'), close), el('dl', {}, rows));
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}
