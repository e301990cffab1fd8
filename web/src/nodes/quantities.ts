/** Quantities as Kubernetes writes them. */

const DECIMAL: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const BINARY: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** The number that a quantity means: processors, or bytes; null for what is none. */
export function quantity(text: string): number | null {
  const [, digits, unit = ""] = /^([0-9.]+)([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = DECIMAL[unit] ?? BINARY[unit];
  return digits === undefined || factor === undefined || Number.isNaN(Number(digits)) ? null : Number(digits) * factor;
}
