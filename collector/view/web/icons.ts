/** The few line icons of the viewer, drawn on a 16-pixel grid. */

const paths = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7 14 14',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  link: 'M6.5 9.5 9.5 6.5M7 4.5l1.3-1.3a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.3 1.3a3.2 3.2 0 0 1-4.5-4.5L4.5 7',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z',
  keyboard: 'M1.5 4h13v8h-13zM4 6.6h.1M6.7 6.6h.1M9.3 6.6h.1M12 6.6h.1M5 9.5h6',
  right: 'm6 4 4 4-4 4',
  up: 'm4 10 4-4 4 4',
  down: 'm4 6 4 4 4-4',
  back: 'M13 8H3.5M7 4 3 8l4 4',
  alert: 'M8 2 14.5 13.5h-13zM8 6.5v3M8 11.6v.1',
  close: 'm4 4 8 8M12 4l-8 8',
  unfold: 'M5 6l3-3 3 3M5 10l3 3 3-3',
  fold: 'M5 3l3 3 3-3M5 13l3-3 3 3',
} as const;

/** Names of the icons there are. */
export type IconName = keyof typeof paths;

const namespace = 'http://www.w3.org/2000/svg';

/** @returns A decorative drawing: what it means stands in the label of the control around it. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}
