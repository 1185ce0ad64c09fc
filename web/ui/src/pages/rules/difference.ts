import { renameText, stepText } from '../mapping/words';
import { entryText, lists, type Rules } from './entries';
import { cleanupLines, graceLines, linkingLines, safetyLines } from './settings';

// Difference is what one part of rules loses and gains from one version to another.
export interface Difference {
  title: string;
  gone: string[];
  come: string[];
}

const settings = [
  { title: 'Grace for required groups', lines: graceLines },
  { title: 'Cleanup', lines: cleanupLines },
  { title: 'Linking', lines: linkingLines },
  { title: 'Safety limits', lines: safetyLines },
];

// difference compares two sets of rules: the lists entry by entry, the rest setting by setting.
export function difference(before: Rules, after: Rules): Difference[] {
  const out: Difference[] = [];
  for (const { list, title } of lists) out.push({ title, ...unordered((before[list] ?? []).map(entryText), (after[list] ?? []).map(entryText)) });
  const [was, is] = [mappingLines(before), mappingLines(after)];
  const parts = [ordered(was.steps, is.steps), ordered(was.renames, is.renames), unordered(was.drops, is.drops)];
  out.push({ title: 'Mapping', gone: parts.flatMap(({ gone }) => gone), come: parts.flatMap(({ come }) => come) });
  for (const { title, lines } of settings) out.push({ title, ...unordered(lines(before), lines(after)) });
  return out.filter(({ gone, come }) => gone.length + come.length > 0);
}

function unordered(was: string[], is: string[]) {
  return { gone: without(was, is), come: without(is, was) };
}

// ordered compares lines whose order counts. Where those that stay change places, all are shown
// with their numbers.
function ordered(was: string[], is: string[]) {
  const { gone, come } = unordered(was, is);
  const [stayed, stays] = [without(was, gone), without(is, come)];
  if (stayed.every((text, at) => text === stays[at])) return { gone, come };
  const numbered = (texts: string[]) => texts.map((text, at) => `${at + 1}. ${text}`);
  return { gone: numbered(was), come: numbered(is) };
}

// without takes texts out of others, each as often as it is there.
function without(texts: string[], taken: string[]): string[] {
  const left = [...taken];
  return texts.filter((text) => {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

// mappingLines says what a mapping does, in the words of its page.
function mappingLines(rules: Rules) {
  const { steps, renames, dropWhen } = rules.mapping ?? {};
  return { steps: (steps ?? []).map(stepText), renames: (renames ?? []).map(renameText), drops: dropWhen ? [`Whoever fulfils this does not count: ${dropWhen}`] : [] };
}
