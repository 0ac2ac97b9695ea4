/** What stands where a list would be: nothing there yet, nothing found, or something wrong, always with the next step. */
import type { Problem } from './contract.ts';
import { copyButton } from './copy-button.ts';
import { el, type Child } from './element.ts';

/** A calm message in the middle of the free space. */
export function notice(title: string, ...children: readonly Child[]): HTMLElement {
  return el('section', { class: 'notice' }, el('h2', {}, title), children);
}

/** A command to try, with a button that copies it. */
export function command(text: string): HTMLElement {
  return el('div', { class: 'command' }, el('code', {}, text), copyButton('command', text));
}

/** An error answer; text between backticks becomes code. */
export function problemNotice(problem: Problem, retry: () => void): HTMLElement {
  const parts = problem.detail.split('`').map((part, at) => (at % 2 === 1 ? el('code', {}, part) : part));
  const button = el('button', { class: 'button', attr: { type: 'button' }, on: { click: retry } }, 'Try again');
  const section = notice(problem.title, el('p', {}, parts), button);
  section.setAttribute('role', 'alert');
  return section;
}
