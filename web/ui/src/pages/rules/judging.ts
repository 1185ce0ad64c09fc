import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';

import type { Rules } from './entries';
import { judgementOf, type Asked } from './reading';

// useJudgement asks what a draft does, shortly after the last key was pressed. settled says whether
// the answer is about the draft as it is now, or about the one before.
export function useJudgement(slug: string, rules: Rules, asked: Asked) {
  const now = JSON.stringify([rules, asked]);
  const [later] = useDebouncedValue(now, 120);
  const [laterRules, laterAsked] = JSON.parse(later) as [Rules, Asked];
  const query = useQuery(judgementOf(slug, laterRules, laterAsked));
  return { query, settled: later === now && !query.isPlaceholderData && query.data !== undefined };
}
