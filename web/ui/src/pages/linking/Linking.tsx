import { Checkbox, Stack, Switch, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';

import { TextLink } from '../../parts/links';
import { useBarred } from '../../parts/roles';
import { Note } from '../../parts/State';
import { oneConnector } from '../connectors/reading';
import { DraftBar } from '../sections/DraftBar';
import type { Draft } from '../sections/draft';
import { OfDraft } from '../sections/OfDraft';
import { Domains } from './Domains';
import { Matching } from './Matching';
import { keys } from './words';

// Linking is how records find the user that they belong to.
export function Linking() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/linking' });
  return <OfDraft slug={slug} page="linking" what="linking">{(draft) => <Fields slug={slug} draft={draft} />}</OfDraft>;
}

function Fields({ slug, draft }: { slug: string; draft: Draft }) {
  const connector = useQuery(oneConnector(slug));
  const { linking } = draft.now;
  const barred = useBarred('ruleEditor', true);
  const editing = useBarred('ruleEditor') === undefined;
  const domains = linking.domains ?? [];
  const set = (change: Partial<typeof linking>) => draft.set({ linking: { ...linking, ...change } });
  return (
    <DraftBar slug={slug} draft={draft} shown={(place) => /^linking\.(match|domains)/.test(place)}>
      {(at) => (
        <>
          <Text maw="46rem">When somebody whom the identity provider sends counts for the first time, Muster looks for the user of the directory who it is. That is decided once: whoever is linked stays so, whatever names and addresses become. What nobody can decide waits under <TextLink to="/conflicts" search={{ in: connector.data?.directory, connector: slug }}>Conflicts</TextLink>.</Text>
          <Stack component="section" gap="sm" aria-labelledby="keys">
            <Title order={2} id="keys">What is compared</Title>
            <Checkbox.Group label="People are the same if one of these is" value={linking.match} error={first(at, 'linking.match', linking.match.length)} onChange={(match) => set({ match: keys.map(({ key }) => key).filter((key) => match.includes(key)) })}>
              <Stack gap="sm" mt="xs">{keys.map(({ key, label, hint }) => <Checkbox key={key} value={key} disabled={!editing} label={label} description={hint} />)}</Stack>
            </Checkbox.Group>
            {linking.match.length === 0 && <Note tone="warn" title="Nothing is compared">Nobody finds a user: everybody who is sent gets a user of their own, or waits because the userName is taken.</Note>}
          </Stack>
          <Domains key={draft.round} slug={slug} domains={domains} barred={barred} problem={first(at, 'linking.domains', domains.length)} onChange={(next) => set({ domains: next })} />
          <Stack component="section" gap="sm" aria-labelledby="across">
            <Title order={2} id="across">Across tenants</Title>
            {barred !== undefined && <Text c="var(--mute)">{barred}</Text>}
            <Switch disabled={barred !== undefined} label="Link users of other tenants too" description="Only by an address in one of the domains above." checked={linking.acrossTenants} onChange={(e) => set({ acrossTenants: e.currentTarget.checked })} />
            {linking.acrossTenants && (domains.length === 0
              ? <Note tone="warn">It has no effect without a domain.</Note>
              : <Note tone="warn" title="This identity provider can take over users of other tenants">Whoever has an address in {domains.length === 1 ? 'this domain' : 'these domains'} there. Leave it off unless the tenants are one organisation.</Note>)}
          </Stack>
          <Matching slug={slug} draft={draft} mode={connector.data?.mode} />
        </>
      )}
    </DraftBar>
  );
}

// first is what is wrong with a list or the first of its entries that is.
function first(at: (place: string) => string | undefined, list: string, length: number): string | undefined {
  return [at(list), ...Array.from({ length }, (_, i) => at(`${list}[${i}]`))].find((message) => message !== undefined);
}
