import { Button, Group } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { Name } from '../../parts/Name';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import type { PlanFilter } from '../rules/routes';
import { totalsOf } from './reading';

type Total = Schema<'PlanTotal'>;

interface Props {
  slug: string;
  plan: Schema<'Plan'>;
  by: NonNullable<PlanFilter['by']>;
  filter: PlanFilter;
  set: (change: PlanFilter) => void;
}

const heads = { group: 'Group', user: 'User', reason: 'Because' };

// Totals count what a plan does by group, by user or by reason; a button leads to the lines.
export function Totals({ slug, plan, by, filter, set }: Props) {
  const query = useInfiniteQuery(totalsOf(slug, plan.id, plan.hash ?? '', by, filter));
  const columns: Column<Total>[] = [
    { head: heads[by], cell: (t) => <div className="wide-cell"><About total={t} /></div> },
    { head: 'Taken', cell: (t) => (t.losses > 0 ? <span className="tone-bad">−{t.losses}</span> : '0'), number: true },
    { head: 'Given', cell: (t) => (t.gains > 0 ? <span className="tone-ok">+{t.gains}</span> : '0'), number: true },
    ...(by === 'group' ? [{ head: 'Members now', cell: (t: Total) => t.members ?? '–', number: true }] : []),
    { head: 'Changes', cell: (t) => t.lines, number: true },
    { head: 'See them', cell: (t) => {
      const narrow = narrowed(t);
      return narrow !== undefined && <Button variant="subtle" size="compact-sm" mih={28} aria-label={`The lines of ${nameOf(t)}`} onClick={() => set({ ...narrow, by: undefined })}>Lines</Button>;
    } },
  ];
  return (
    <Answer query={query} what="the totals" lines={6}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.items);
        if (rows.length === 0) return <Empty title="Nothing to count">{by === 'group' ? 'No membership changes, or none that fits the filters.' : 'The plan does nothing that fits the filters.'}</Empty>;
        return (
          <>
            <DataTable caption={`Changes of the plan by ${by}`} columns={columns} rows={rows} id={keyOf} />
            {query.hasNextPage && <Group mt="sm"><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more</Button></Group>}
          </>
        );
      }}
    </Answer>
  );
}

function About({ total }: { total: Total }) {
  if (total.group !== undefined) return <Name>{total.group.displayName ?? ''}</Name>;
  if (total.user !== undefined) return <Name>{total.user.userName}</Name>;
  return total.because?.sentence ? <>{total.because.sentence}</> : <code>{total.because?.code}</code>;
}

function nameOf(total: Total): string {
  return total.group?.displayName ?? total.user?.userName ?? total.because?.code ?? '';
}

function keyOf({ group, user, because }: Total): string {
  return [group?.id, group?.displayName, user?.id, user?.userName, because?.code, because?.connector, because?.list, because?.pattern].join('|');
}

// narrowed is the filter that finds a total's lines. Another tenant's reason has none.
function narrowed(total: Total): PlanFilter | undefined {
  if (total.group !== undefined) return { group: total.group.id ?? total.group.displayName };
  if (total.user !== undefined) return { user: total.user.id ?? total.user.userName };
  return total.because === undefined || total.because.code === 'anotherTenant' ? undefined : { reason: total.because.code };
}
