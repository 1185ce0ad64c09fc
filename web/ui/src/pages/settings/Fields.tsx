import { Checkbox, NativeSelect, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { Role } from '../../auth';
import { Name } from '../../parts/Name';
import { roles, roleWords } from '../../parts/roles';
import { Answer } from '../../states/Answer';
import { allTenants } from '../connectors/reading';

interface RoleProps {
  role: Role;
  onChange: (role: Role) => void;
}

// RoleField chooses a role, and says what it may do.
export function RoleField({ role, onChange }: RoleProps) {
  return (
    <NativeSelect label="Role" description={`May: ${roleWords[role].may}. Each role may do what those before it may.`} value={role}
      data={roles.map((r) => ({ value: r, label: roleWords[r].label }))} onChange={(e) => onChange(e.currentTarget.value as Role)} />
  );
}

interface TenantsProps {
  limited: boolean;
  tenants: string[];
  error?: string;
  onChange: (limited: boolean, tenants: string[]) => void;
}

// TenantsField chooses between the whole deployment and some tenants.
export function TenantsField({ limited, tenants, error, onChange }: TenantsProps) {
  const query = useQuery(allTenants);
  return (
    <Stack gap="xs">
      <NativeSelect label="Sees" value={limited ? 'tenants' : 'all'} data={[{ value: 'all', label: 'The whole deployment' }, { value: 'tenants', label: 'Only some tenants' }]}
        onChange={(e) => onChange(e.currentTarget.value === 'tenants', tenants)} />
      {limited && (
        <Answer query={query} what="the tenants" lines={2}>
          {(all) => (all.length === 0
            ? <Text>There is no tenant yet. It comes with the first connector.</Text>
            : (
              <Checkbox.Group label="Tenants" value={tenants} error={error} onChange={(chosen) => onChange(true, chosen)}>
                <Stack gap="xs" mt="xs">{all.map((t) => <Checkbox key={t.name} value={t.name} label={<Name>{t.name}</Name>} />)}</Stack>
              </Checkbox.Group>
            ))}
        </Answer>
      )}
    </Stack>
  );
}

// noTenant is what is wrong with a limit that names nothing; the server takes an empty list as no
// limit, so it is never sent.
export const noTenant = 'Choose at least one tenant.';
