/** Says short things to screen readers, through the page's one live region. */

/** Replaces what was said before. */
export function announce(text: string): void {
  const region = document.querySelector('#announcer');
  if (region !== null) region.textContent = text;
}
