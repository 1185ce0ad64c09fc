import { Checkbox, Stack, Text, Title } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { useMe } from '../../auth';
import { Name } from '../../parts/Name';
import { roleWords, useBarred } from '../../parts/roles';
import { State } from '../../parts/State';
import { ChangePassword } from './ChangePassword';
import { Sessions } from './Sessions';
import { Tokens } from './Tokens';

// Account is what everybody has for themselves: who they are here, their password, their sessions
// and API tokens. Owners of the deployment see everybody's sessions and tokens too.
export function Account() {
  const me = useMe();
  const { all } = useSearch({ from: '/shell/settings/account' });
  const navigate = useNavigate({ from: '/settings/account' });
  const governs = useBarred('owner', true) === undefined;
  if (me === null) return null;
  const person = me.administrator;
  const everybody = governs && (all === true || person === undefined); // the admin token has none of its own
  return (
    <Stack gap="xl">
      <section aria-labelledby="you">
        <Title order={2} id="you" mb="xs">Who you are here</Title>
        <dl className="fields">
          {person === undefined
            ? <div><dt>Signed in with</dt><dd>the deployment’s admin token, which is nobody in particular; the audit calls it “token”</dd></div>
            : <><div><dt>Name</dt><dd><Name>{person.name}</Name></dd></div><div><dt>E-mail</dt><dd><Name>{person.email}</Name></dd></div></>}
          <div><dt>Role</dt><dd><State tone="info">{roleWords[me.role].label}</State> {roleWords[me.role].may}</dd></div>
          <div>
            <dt>Sees</dt>
            <dd>{!me.limited ? 'the whole deployment' : person === undefined || person.tenants.length === 0 ? 'nothing: the tenants that you were limited to are gone' : <>the tenants {person.tenants.map((t, i) => <span key={t}>{i > 0 && ', '}<Name>{t}</Name></span>)}</>}</dd>
          </div>
        </dl>
      </section>
      {person?.password === true && me.session !== undefined && <ChangePassword email={person.email} />}
      {governs && person !== undefined && (
        <Checkbox label="Show the sessions and tokens of everybody" checked={everybody} onChange={(e) => void navigate({ search: { all: e.currentTarget.checked ? true : undefined }, replace: true })} />
      )}
      {everybody && person === undefined && <Text>The admin token has no sessions and API tokens of its own; these are everybody’s.</Text>}
      <Sessions all={everybody} />
      <Tokens all={everybody} />
    </Stack>
  );
}
