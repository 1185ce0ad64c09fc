import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';

import { Allowed } from '../../parts/roles';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { keep } from '../sections/kept';
import { difference } from './difference';
import { Differences } from './Differences';
import type { Rules } from './entries';
import { versionOf } from './reading';

interface Props {
  slug: string;
  before: number;
  after: number;
  newest: number; // the version in force
}

// Compare says what two versions differ in, and takes the first of them as a draft.
export function Compare({ slug, before, after, newest }: Props) {
  const was = useQuery(versionOf(slug, before));
  const is = useQuery(versionOf(slug, after));
  return (
    <Answer query={was} what={`version ${before}`} lines={3}>
      {(a) => <Answer query={is} what={`version ${after}`} lines={3}>{(b) => <Both slug={slug} before={before} after={after} newest={newest} was={a.rules!} is={b.rules!} />}</Answer>}
    </Answer>
  );
}

function Both({ slug, before, after, newest, was, is }: Props & { was: Rules; is: Rules }) {
  const navigate = useNavigate();
  const parts = difference(was, is);
  const restore = useMutation({
    mutationFn: () => keep(slug, was, newest),
    onSuccess: () => navigate({ to: '/connectors/$slug/rules', params: { slug } }),
  });
  return (
    <Stack component="section" gap="sm" className="panel" aria-labelledby="difference">
      <Title order={3} id="difference">From version {before} to {after}</Title>
      {parts.length === 0 && <Text>They are the same.</Text>}
      <Differences parts={parts} />
      {restore.isError && <Failed error={restore.error} what="Keeping the draft" />}
      {before !== newest && (
        <Group gap="sm">
          <Allowed role="ruleEditor"><Button variant="default" loading={restore.isPending} onClick={() => restore.mutate()}>Take version {before} as a draft</Button></Allowed>
          <Text size="sm" c="dimmed">Nothing is applied; a draft that is there is replaced.</Text>
        </Group>
      )}
    </Stack>
  );
}
