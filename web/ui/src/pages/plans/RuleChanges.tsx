import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { Answer } from '../../states/Answer';
import { difference } from '../rules/difference';
import { Differences } from '../rules/Differences';
import type { Rules } from '../rules/entries';
import { rulesInForce } from '../rules/reading';

const few = 12; // lines that are shown unasked

// RuleChanges says in what planned rules differ from those in force.
export function RuleChanges({ slug, planned }: { slug: string; planned: Rules }) {
  const query = useQuery(rulesInForce(slug));
  return (
    <Answer query={query} what="the rules in force" lines={2}>
      {({ value: force }) => {
        const parts = difference(force, planned);
        const lines = parts.reduce((n, { gone, come }) => n + gone.length + come.length, 0);
        if (lines === 0) return <Text>The rules stay as they are.</Text>;
        return (
          <details className="panel" open={lines <= few}>
            <summary>What changes in the rules: {lines === 1 ? '1 line' : `${lines} lines`}</summary>
            <Stack gap="sm" mt="sm"><Differences parts={parts} /></Stack>
          </details>
        );
      }}
    </Answer>
  );
}
