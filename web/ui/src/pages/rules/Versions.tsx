import { Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { Heading } from '../../parts/Heading';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Compare } from './Compare';
import { versionsOf } from './reading';

type Version = Schema<'RuleVersion'>;

// Versions are the rules that a connector had: who set them and why, two of them beside each
// other, and the way back, which is a draft like any other.
export function Versions() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/rules/versions' });
  const search = useSearch({ from: '/shell/connectors/$slug/rules/versions' });
  const navigate = useNavigate();
  const query = useQuery(versionsOf(slug));
  return (
    <Stack>
      <Heading>Versions of the rules</Heading>
      <Text><TextLink to="/connectors/$slug/rules" params={{ slug }}>Back to the rules</TextLink></Text>
      <Answer query={query} what="the versions" lines={5}>
        {(all) => {
          const newest = all[0]?.version ?? 1;
          const before = search.before ?? Math.max(1, newest - 1);
          const after = search.after ?? newest;
          const choose = (change: { before?: number; after?: number }) => void navigate({ to: '/connectors/$slug/rules/versions', params: { slug }, search: { before, after, ...change }, replace: true });
          const options = all.map((v) => ({ value: String(v.version), label: `Version ${v.version}${v.version === newest ? ', in force' : ''}` }));
          const columns: Column<Version>[] = [
            { head: 'Version', cell: (v) => <>{v.version} {v.version === newest && <State tone="ok">In force</State>}</> },
            { head: 'Since', cell: (v) => <When at={v.createdAt} /> },
            { head: 'By', cell: (v) => <Name>{v.createdBy || 'Muster'}</Name> },
            { head: 'Why', cell: (v) => (v.comment === undefined || v.comment === '' ? '' : <div className="wide-cell"><Name>{v.comment}</Name></div>) },
            { head: 'Compare', cell: (v) => <TextLink to="/connectors/$slug/rules/versions" params={{ slug }} search={{ before: v.version, after: newest }} aria-label={`With now: version ${v.version}`}>With now</TextLink> },
          ];
          return (
            <>
              <DataTable caption="Versions of the rules" columns={columns} rows={all} id={(v) => String(v.version)} />
              <Group gap="sm" align="flex-end">
                <NativeSelect label="Compare" data={options} value={String(before)} onChange={(e) => choose({ before: Number(e.currentTarget.value) })} />
                <NativeSelect label="With" data={options} value={String(after)} onChange={(e) => choose({ after: Number(e.currentTarget.value) })} />
              </Group>
              <Compare slug={slug} before={before} after={after} newest={newest} />
            </>
          );
        }}
      </Answer>
    </Stack>
  );
}
