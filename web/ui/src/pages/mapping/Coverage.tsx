import { Button, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';
import { TextLink } from '../../parts/links';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { coverageOf } from './reading';
import { plainly } from './StepFields';

interface Props {
  slug: string;
  barred: boolean; // one may not change the mapping
  used: (path: string) => boolean; // a step of the draft takes this attribute
  onTake: (path: string) => void;
}

// Coverage is what arrives, for how many people, and how the mapping in force fares with them.
export function Coverage({ slug, barred, used, onTake }: Props) {
  const query = useQuery(coverageOf(slug));
  return (
    <Stack component="section" gap="sm" aria-labelledby="arrives">
      <Title order={2} id="arrives">What arrives</Title>
      <Answer query={query} what="what arrives" lines={6}>
        {(c) => (c.records === 0
          ? <Empty title="Nobody yet">When the identity provider sends people, each attribute that arrives stands here with how many have it.</Empty>
          : (
            <>
              <Text>{c.complete ? `Counted over all ${c.records} people of this connector.` : `Counted over ${c.records} people; there are more.`}{c.dropped > 0 && ` ${c.dropped} of them are dropped.`}</Text>
              <InForce slug={slug} coverage={c} />
              <DataTable caption="Attributes that arrive" rows={c.paths} id={(p) => p.path} columns={[
                { head: 'Attribute', cell: (p) => <code><Name>{p.path}</Name></code> },
                { head: 'People', number: true, cell: (p) => p.records },
                { head: 'Share', cell: (p) => <Share n={p.records} of={c.records} what={p.path} /> },
                { head: 'Steps', cell: (p) => (used(p.path) ? 'used' : barred ? '' : <Button variant="default" size="compact-md" mih={36} onClick={() => onTake(p.path)} aria-label={`Take ${p.path}`}>Take</Button>) },
              ]} />
              {c.more === true && <Text c="dimmed">There are more attributes than are listed.</Text>}
            </>
          ))}
      </Answer>
    </Stack>
  );
}

function Share({ n, of, what }: { n: number; of: number; what: string }) {
  const percent = Math.floor((100 * n) / of);
  return (
    <Group gap="xs" wrap="nowrap" miw="8rem">
      <Progress value={percent} aria-label={`People with ${what}`} style={{ flex: 1 }} />
      <span>{percent} %</span>
    </Group>
  );
}

// InForce names the steps in force that cannot be carried out, with people to look at.
function InForce({ slug, coverage }: { slug: string; coverage: Schema<'MappingCoverage'> }) {
  const failing = [...(coverage.dropWhen === undefined ? [] : [{ name: 'Who is dropped', step: coverage.dropWhen }]),
    ...coverage.steps.map((step, i) => ({ name: `Step ${i + 1}, ${step.target ?? ''}`, step }))].filter(({ step }) => step.failed > 0);
  if (coverage.failed === 0) return null;
  return (
    <Note tone="warn" title={coverage.failed === 1 ? 'For 1 person the mapping in force cannot be carried out' : `For ${coverage.failed} people the mapping in force cannot be carried out`}>
      <p style={{ margin: '0.25rem 0' }}>They keep the attributes and groups that they hold; who is new waits.</p>
      {failing.map(({ name, step }) => (
        <p key={name} style={{ margin: '0.25rem 0' }}>
          {name}, {step.failed === 1 ? '1 person' : `${step.failed} people`}: {plainly(step.problem ?? '')}{' '}
          {(step.examples ?? []).slice(0, 1).map((id) => <TextLink key={id} to="/connectors/$slug/mapping" params={{ slug }} search={{ record: id }} hash="bench">Try it on one of them</TextLink>)}
        </p>
      ))}
    </Note>
  );
}
