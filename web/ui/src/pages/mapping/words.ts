import { entryText } from '../rules/entries';
import { nothings, read, transforms } from './expression';
import type { Rename, Step } from './reading';

// whens are the times at which a step gives its value.
export const whens = [
  { value: 'always', label: 'always' },
  { value: 'create', label: 'until the person first counts' },
  { value: 'update', label: 'once the person has counted' },
];

// stepText says a step in the words of its fields, or with the expression that fields cannot say.
export function stepText({ target = '', expression = '', when }: Step): string {
  const label = whens.find(({ value }) => value === (when || 'always'))?.label;
  return `${target}, ${label}: ${valueText(expression, target)}`;
}

function valueText(expression: string, target: string): string {
  const simple = read(expression, target);
  if (simple === undefined) return `the expression ${expression}`;
  const taken = transforms.find(({ transform }) => transform === simple.transform)?.label;
  const pattern = simple.transform === 'extract' ? ` ${simple.pattern}` : '';
  const nothing = nothings.find((n) => n.nothing === simple.nothing)?.label;
  const text = simple.nothing === 'text' ? ` “${simple.text}”` : '';
  return `from ${simple.source}, ${taken}${pattern}; if nothing comes, ${nothing}${text}`;
}

// renameText says a rename of groups.
export function renameText({ from = '', to = '' }: Rename): string {
  return `${entryText(from)} becomes ${to}`;
}
