import { entryText, lists, type Rules } from './entries';

// Difference is what one part of rules loses and gains from one version to another.
export interface Difference {
  title: string;
  gone: string[];
  come: string[];
}

const others = ['requiredGrace', 'cleanup', 'mapping', 'linking', 'safety'] as const;

// difference compares two sets of rules: the lists entry by entry, the rest setting by setting.
export function difference(before: Rules, after: Rules): Difference[] {
  const out: Difference[] = [];
  for (const { list, title } of lists) {
    const was = (before[list] ?? []).map(entryText);
    const is = (after[list] ?? []).map(entryText);
    out.push({ title, gone: was.filter((text) => !is.includes(text)), come: is.filter((text) => !was.includes(text)) });
  }
  for (const part of others) {
    const was = settings(part, before[part]);
    const is = settings(part, after[part]);
    out.push({ title: part, gone: was.filter((text) => !is.includes(text)), come: is.filter((text) => !was.includes(text)) });
  }
  return out.filter(({ gone, come }) => gone.length + come.length > 0);
}

// settings are a setting's parts as lines: "safety.losses: 20".
function settings(path: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [`${path}: ${String(value)}`];
  if (Array.isArray(value)) return value.map((one) => `${path}: ${typeof one === 'object' ? JSON.stringify(one) : String(one)}`);
  return Object.entries(value).flatMap(([name, inner]) => settings(`${path}.${name}`, inner));
}
