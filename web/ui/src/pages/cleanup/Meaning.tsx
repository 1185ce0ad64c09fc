import { Progress, Stack, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';

import { problemOf } from '../../api/problem';
import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { State } from '../../parts/State';
import { Answer } from '../../states/Answer';
import type { Rules } from '../rules/entries';
import { meaningOf } from './reading';

type Counter = Schema<'SafetyCounter'>;

const kinds: Record<Counter['kind'], string> = { users: 'Users disabled or deleted', memberships: 'Memberships that end', keys: 'userNames and e-mails rewritten' };

// Meaning says what the limits let through now, and what of it the connector has used up lately.
export function Meaning({ slug, rules }: { slug: string; rules: Rules }) {
  const [later] = useDebouncedValue(rules, 200);
  const query = useQuery(meaningOf(slug, later));
  // A window that cannot be read is said at its field, when it is planned.
  if (query.isError && problemOf(query.error).status === 422) return <Text c="dimmed">What they mean now is said once the limits can be read.</Text>;
  return (
    <Stack gap="xs" role="group" aria-label="What they mean now">
      <Title order={3}>What they mean now</Title>
      <Answer query={query} what="what the limits mean" lines={4}>
        {(now) => (
          <DataTable caption="What the limits let through" rows={now.counters} id={(n) => n.kind} columns={[
            { head: 'What', cell: (n) => kinds[n.kind] },
            { head: 'Supported', number: true, cell: (n) => n.supported },
            { head: `Within ${now.window}`, cell: (n) => <Used n={n.lost} of={n.limit} what={`${kinds[n.kind]} within ${now.window}`} /> },
            { head: 'Within 24h', cell: (n) => <Used n={n.lostInDay} of={n.dayLimit} what={`${kinds[n.kind]} within 24h`} /> },
          ]} />
        )}
      </Answer>
    </Stack>
  );
}

function Used({ n, of, what }: { n: number; of: number; what: string }) {
  return (
    <div className="wide-cell">
      {n} of {of} {n > of ? <State tone="warn">It would have been held</State> : n === of && n > 0 && <State tone="warn">Used up</State>}
      <Progress value={of === 0 ? 100 : Math.min(100, (100 * n) / of)} aria-label={what} />
    </div>
  );
}
