/** Gives every service a colour of its own, the same on all pages. */

/** As many as tokens.css defines (`--service-0` and on). */
const colourCount = 10;
const slots = new Map<string, number>();

/** @returns A CSS value. From the name alone where possible, so that a service keeps its colour over reloads; the next free one when two names meet. */
export function serviceColour(service: string): string {
  return `var(--service-${slotOf(service)})`;
}

function slotOf(service: string): number {
  const known = slots.get(service);
  if (known !== undefined) return known;
  const taken = new Set(slots.values());
  const wished = hash(service) % colourCount;
  const candidates = Array.from({ length: colourCount }, (_, step) => (wished + step) % colourCount);
  const slot = candidates.find((candidate) => !taken.has(candidate)) ?? wished;
  slots.set(service, slot);
  return slot;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01_00_01_93);
  return value >>> 0;
}
