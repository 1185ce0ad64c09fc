import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { Copyable } from '../../parts/Copyable';
import { Name } from '../../parts/Name';
import { TextLink } from '../../parts/links';
import { Allowed } from '../../parts/roles';
import { Failed } from '../../states/Failed';
import { credentialsOf } from './reading';
import { ShownOnce } from './ShownOnce';
import { keep, useSecret } from './secrets';

type Kind = 'bearer' | 'basic' | 'oauth';

interface Props {
  connector: Schema<'Connector'>;
  credential: Kind; // what the guide says the IdP takes
  scim: string; // the version it speaks
}

// Values are what is carried to the IdP: the base URL, and the secret while it can be shown.
export function Values({ connector, credential, scim }: Props) {
  const secret = useSecret(connector.slug);
  return (
    <Stack component="section" gap="sm" aria-labelledby="values">
      <Title order={2} id="values">Copy these to the identity provider</Title>
      <Text fw={600}>Base URL of SCIM {scim}</Text>
      <Copyable text={scim === '1.1' ? connector.scim.v1 : connector.scim.v2} what="base URL" />
      {secret?.kind === credential ? <ShownOnce slug={connector.slug} shown={secret} /> : <Credential slug={connector.slug} kind={credential} />}
    </Stack>
  );
}

const called: Record<Kind, { what: string; make: string }> = {
  bearer: { what: 'Token', make: 'Make another token' },
  basic: { what: 'User name and password', make: 'Make a user name and password' },
  oauth: { what: 'OAuth client', make: 'Make an OAuth client' },
};

// Credential says which secret the IdP has already, whose end is all that can still be shown, and
// makes another.
function Credential({ slug, kind }: { slug: string; kind: Kind }) {
  const { data } = useQuery(credentialsOf(slug));
  const cache = useQueryClient();
  const have = data?.filter((c) => c.kind === kind) ?? [];
  const make = useMutation({
    mutationFn: () => ask(api.POST('/connectors/{c}/credentials', { params: { path: { c: slug } }, body: { name: freeName(kind, data ?? []), kind, ...(kind === 'basic' ? { username: freeUsername(slug, data ?? []) } : {}) } })),
    onSuccess: (made) => {
      keep(slug, { kind, id: made.id, token: made.token, basic: made.basic, oauth: made.oauth });
      void cache.invalidateQueries({ queryKey: ['connectors', slug] });
    },
  });
  return (
    <>
      <Text fw={600}>{called[kind].what}</Text>
      {have.map((c) => <Text key={c.id}><Name>{c.name}</Name>{c.hint === undefined ? '' : <>, ending in <code>{c.hint}</code></>}. It was shown once and cannot be shown again.</Text>)}
      {data !== undefined && have.length === 0 && <Text>There is none yet; this product needs one.</Text>}
      <Group>
        <Allowed role="ruleEditor"><Button variant={have.length === 0 ? 'filled' : 'default'} loading={make.isPending} disabled={data === undefined} onClick={() => make.mutate()}>{have.length === 0 ? called[kind].make.replace('another', 'a') : called[kind].make.replace(/^Make an? /, 'Make another ')}</Button></Allowed>
        <TextLink to="/connectors/$slug/credentials" params={{ slug }}>All credentials</TextLink>
      </Group>
      {make.isError && <Failed error={make.error} what="Making the credential" />}
    </>
  );
}

// freeName names a credential by what it is and when it was made.
function freeName(kind: Kind, have: Schema<'Credential'>[]): string {
  const name = `${called[kind].what}, ${new Date().toISOString().slice(0, 10)}`;
  return free(name, have.map((c) => c.name.toLowerCase()), (n) => ` (${n})`);
}

function freeUsername(slug: string, have: Schema<'Credential'>[]): string {
  return free(slug, have.map((c) => (c.username ?? '').toLowerCase()), (n) => `-${n}`);
}

function free(name: string, taken: string[], ending: (n: number) => string): string {
  for (let n = 1; ; n++) {
    const tried = n === 1 ? name : name + ending(n);
    if (!taken.includes(tried.toLowerCase())) return tried;
  }
}
