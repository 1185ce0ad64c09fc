import { Button, Checkbox, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { DataTable } from '../../parts/DataTable';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { domainsOf } from './reading';

interface Props {
  slug: string;
  domains: string[];
  barred?: string; // why one may not change them
  problem?: string;
  onChange: (domains: string[]) => void;
}

// free are domains in which anybody can get an address.
const free = new Set(['gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.com', 'live.com', 'yahoo.com', 'icloud.com', 'me.com', 'gmx.de', 'gmx.net', 'web.de', 'aol.com', 'proton.me', 'protonmail.com', 'mail.ru', 'qq.com', '163.com']);

// Domains chooses the domains whose people are this tenant's, among those that its people have.
export function Domains({ slug, domains, barred, problem, onChange }: Props) {
  const query = useQuery(domainsOf(slug));
  const [typed, setTyped] = useState('');
  const toggle = (domain: string, listed: boolean) => onChange(listed ? [...domains.filter((d) => d !== domain), domain] : domains.filter((d) => d !== domain));
  const open = domains.filter((d) => free.has(d));

  function add(event: FormEvent) {
    event.preventDefault();
    const domain = typed.trim().toLowerCase().replace(/^.*@/, '');
    if (domain === '') return;
    toggle(domain, true);
    setTyped('');
  }
  return (
    <Stack component="section" gap="sm" aria-labelledby="domains">
      <Title order={2} id="domains">Domains of this tenant</Title>
      <Text maw="46rem">Your word that the people of a domain are this tenant’s. Where several tenants share the directory, local users are linked by an address in such a domain alone. List only what the tenant has proven to own.</Text>
      <Answer query={query} what="the domains" lines={4}>
        {(seen) => {
          const unseen = domains.filter((d) => !seen.domains.some((s) => s.domain === d)).map((domain) => ({ domain, records: 0, linked: 0 }));
          const rows = [...seen.domains, ...unseen];
          return (
            <>
              {rows.length === 0
                ? <Text>Nobody has been sent yet, so no domain is known.</Text>
                : (
                  <DataTable caption="Domains" rows={rows} id={(d) => d.domain} columns={[
                    { head: 'Domain', cell: (d) => <Checkbox label={<Name>{d.domain}</Name>} disabled={barred !== undefined} checked={domains.includes(d.domain)} onChange={(e) => toggle(d.domain, e.currentTarget.checked)} /> },
                    { head: 'People', number: true, cell: (d) => d.records },
                    { head: 'Of them linked', number: true, cell: (d) => d.linked },
                  ]} />
                )}
              <Text size="sm" c="dimmed">{seen.records} {seen.records === 1 ? 'person' : 'people'}, {seen.linked} of them linked, {seen.withoutDomain} without a domain.{seen.more && ' There are more domains than are listed.'}</Text>
            </>
          );
        }}
      </Answer>
      {barred !== undefined && <Text c="var(--mute)">{barred}</Text>}
      {barred === undefined && <form onSubmit={add} noValidate>
        <Group gap="sm" align="flex-end">
          <TextInput label="Another domain" placeholder="acme.example" value={typed} maxLength={253} spellCheck={false} autoCapitalize="off" autoComplete="off" onChange={(e) => setTyped(e.currentTarget.value)} />
          <Button type="submit" variant="default">Add</Button>
        </Group>
      </form>}
      {problem !== undefined && <Text c="var(--bad)">{problem}</Text>}
      {open.length > 0 && <Note tone="bad" title={`Anybody can get an address in ${open.join(', ')}`}>Whoever this identity provider gives such an address could take over the user who really has it. Take it off the list.</Note>}
    </Stack>
  );
}
