import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { useMe } from '../../auth';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconPlus } from '../../parts/icons';
import { Name } from '../../parts/Name';
import { roleWords, useBarred } from '../../parts/roles';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Forbidden } from '../../states/Failed';
import { ChangeAdministrator } from './ChangeAdministrator';
import { Invite } from './Invite';
import { LinkShown, type Issued } from './LinkShown';
import { MakeLink } from './MakeLink';
import { allAdministrators } from './reading';
import { Remove } from './Remove';

type Administrator = Schema<'Administrator'>;

type Open = { what: 'invite' } | { what: 'change' | 'link' | 'remove'; who: Administrator } | null;

// Administrators lists who may use Muster and as what; owners of the deployment invite, change and
// lock out.
export function Administrators() {
  const barred = useBarred('owner', true);
  return barred === undefined ? <List /> : <Forbidden detail={barred} />;
}

function List() {
  const me = useMe();
  const query = useQuery(allAdministrators);
  const [open, setOpen] = useState<Open>(null);
  const [issued, setIssued] = useState<Issued>();
  const close = () => setOpen(null);
  const columns: Column<Administrator>[] = [
    { head: 'Name', cell: (a) => <div className="wide-cell"><Name>{a.name}</Name>{a.id === me?.administrator?.id && ' (you)'}<br /><Text component="span" size="sm" c="var(--mute)"><Name>{a.email}</Name></Text></div> },
    { head: 'Role', cell: (a) => roleWords[a.role].label },
    { head: 'Sees', cell: (a) => <Sees administrator={a} /> },
    { head: 'State', cell: (a) => <Standing administrator={a} /> },
    { head: 'Last sign-in', cell: (a) => <When at={a.lastSignIn} /> },
    {
      head: 'Actions', cell: (a) => (
        <Group gap="xs" wrap="nowrap">
          <Button variant="default" size="compact-md" mih={36} aria-label={`Change ${a.name}`} onClick={() => setOpen({ what: 'change', who: a })}>Change</Button>
          <Button variant="default" size="compact-md" mih={36} aria-label={`Password link for ${a.name}`} onClick={() => setOpen({ what: 'link', who: a })}>Password link</Button>
          <Button color="bad" variant="outline" size="compact-md" mih={36} aria-label={`Remove ${a.name}`} onClick={() => setOpen({ what: 'remove', who: a })}>Remove</Button>
        </Group>
      ),
    },
  ];
  return (
    <Stack>
      <Text>Each signs in by e-mail, has one role, and sees the whole deployment or only some tenants. The audit names them by their e-mail.</Text>
      {issued !== undefined && <LinkShown issued={issued} onStored={() => setIssued(undefined)} />}
      <Answer query={query} what="the administrators">
        {(all) => (all.length === 0
          ? <Empty title="No administrator yet">You are here with the admin token. Invite the first owner, who can invite others.</Empty>
          : <DataTable caption="Administrators" columns={columns} rows={all} id={(a) => a.id} />)}
      </Answer>
      <Group><Button leftSection={<IconPlus />} onClick={() => setOpen({ what: 'invite' })}>Invite an administrator</Button></Group>
      {open?.what === 'invite' && <Invite onClose={close} onInvited={(i) => { setIssued(i); close(); }} />}
      {open?.what === 'change' && <ChangeAdministrator id={open.who.id} name={open.who.name} onClose={close} />}
      {open?.what === 'link' && <MakeLink administrator={open.who} onClose={close} onMade={(i) => { setIssued(i); close(); }} />}
      {open?.what === 'remove' && <Remove administrator={open.who} onClose={close} onRemoved={() => { if (issued?.id === open.who.id) setIssued(undefined); close(); }} />}
    </Stack>
  );
}

function Sees({ administrator: a }: { administrator: Administrator }) {
  if (!a.limited) return <>everything</>;
  if (a.tenants.length === 0) return <State tone="warn">Nothing: the tenants are gone</State>;
  return <>{a.tenants.map((t, i) => <span key={t}>{i > 0 && ', '}<Name>{t}</Name></span>)}</>;
}

function Standing({ administrator: a }: { administrator: Administrator }) {
  if (a.disabled !== undefined) return <State tone="bad">Disabled</State>;
  if (!a.password && a.issuer === undefined) return <State tone="warn">Invited</State>;
  return <State tone="ok">Active</State>;
}
