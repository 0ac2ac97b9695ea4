/** A button that copies a value as it was received, and says whether it worked. */
import { announce } from './announce.ts';
import { el, fill } from './element.ts';
import { icon, type IconName } from './icons.ts';

/** How long the tick stays. */
const shownMs = 1200;

/** @param what - What is copied, for the label: `request id`. */
export function copyButton(
  what: string,
  value: string | (() => string),
  iconName: IconName = 'copy',
): HTMLButtonElement {
  const copyAndTell = async (): Promise<void> => {
    const isCopied = await copy(what, typeof value === 'string' ? value : value());
    fill(button, icon(isCopied ? 'check' : 'alert'));
    setTimeout(() => fill(button, icon(iconName)), shownMs);
  };
  const button = el('button', {
    class: 'icon-button small',
    attr: { type: 'button', 'aria-label': `Copy ${what}`, title: `Copy ${what}` },
    on: {
      click: (event) => {
        event.stopPropagation();
        void copyAndTell();
      },
    },
  });
  button.append(icon(iconName));
  return button;
}

/** @returns Whether the clipboard took it. A browser gives access only to a page on localhost or https. */
export async function copy(what: string, value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    announce(`Copied ${what}`);
    return true;
  } catch {
    announce(`The browser did not let the page copy the ${what}: select it and copy it by hand`);
    return false;
  }
}
