import { Text } from '@mantine/core';

import type { Schema } from '../../api/client';

// steps are why groups are not assigned, in the order in which that is looked at.
const steps: { code: string; say: (n: number) => string }[] = [
  { code: 'protectedGroup', say: (n) => `${n} protected by the directory` },
  { code: 'neverAssign', say: (n) => `${n} dropped by “never”` },
  { code: 'onlyAssign', say: (n) => `${n} dropped by “only”` },
  { code: 'foreignGroup', say: (n) => `${n} of another tenant or local` },
  { code: 'undecided', say: (n) => `${n} undecided: a pattern ran out of time` },
];

// Pipeline says how many groups come how far, from what is sent to what is assigned.
export function Pipeline({ counts }: { counts: Schema<'JudgementCounts'> }) {
  const parts = [`${counts.sent} sent`];
  if (counts.renamed > 0) parts.push(`${counts.renamed} renamed by the mapping`);
  for (const { code, say } of steps) {
    const n = counts.codes[code] ?? 0;
    if (n > 0) parts.push(say(n));
  }
  return (
    <div className="panel">
      <ol className="pipeline" aria-label="How far the groups come">
        {parts.map((part) => <li key={part}>{part}</li>)}
        <li><strong>{counts.assigned} assigned</strong>{counts.given > 0 && `, and ${counts.given} more that everybody is in`}</li>
      </ol>
      <Text role="status" size="sm" c="dimmed">
        {counts.changed === 0 ? 'No group is judged otherwise than now.' : `${counts.changed === 1 ? '1 group is' : `${counts.changed} groups are`} judged otherwise than now.`}
        {counts.kept > 0 && ` In ${counts.kept}, who is in stays in.`}
      </Text>
    </div>
  );
}
