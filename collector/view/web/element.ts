/** Builds DOM elements. Text always becomes a text node, so nothing that was received can turn into markup. */

/** What may stand inside an element; undefined leaves a place empty. */
export type Child = Node | string | undefined | readonly Child[];

/** How an element is made; everything is optional. */
export interface ElementOptions {
  /** Class names, separated by spaces. */
  readonly class?: string;
  /** Attributes; undefined leaves one out. Event handlers and styles cannot be set this way. */
  readonly attr?: Readonly<Record<string, string | undefined>>;
  /** Custom properties, set through CSSOM, which the content security policy allows where a style attribute is not. */
  readonly vars?: Readonly<Record<`--${string}`, string>>;
  readonly on?: { readonly [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void };
}

/** Makes an element with its children. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  options: ElementOptions = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  setAttributes(element, options.attr ?? {});
  for (const [name, value] of Object.entries(options.vars ?? {})) element.style.setProperty(name, value);
  for (const [name, listener] of Object.entries(options.on ?? {})) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the option's type ties each name to its event
    element.addEventListener(name, listener as (event: Event) => void);
  }
  append(element, children);
  return element;
}

/** Sets attributes; undefined removes one. */
export function setAttributes(element: Element, attributes: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (/^(?:on|style$)/.test(name)) throw new TypeError(`cannot set the attribute ${name}: use on or vars`);
    if (value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
}

/** Puts new children in the place of the present ones. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren();
  append(element, children);
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children.flat(8)) {
    // Only arrays are flattened above; what is left is a node or text.
    if (typeof child === 'string' || child instanceof Node) element.append(child);
  }
}
