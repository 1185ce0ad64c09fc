import type { Schema } from '../../api/client';
import { IconEye, IconOff, IconOk } from '../../parts/icons';
import { State } from '../../parts/State';

type Kind = Schema<'Connector'>['kind'];
type Mode = Schema<'Connector'>['mode'];

// kinds are the IdP products as people call them, the common ones first.
export const kinds: { kind: Kind; label: string; hint: string }[] = [
  { kind: 'okta', label: 'Okta', hint: 'An app of your own, or from its catalogue' },
  { kind: 'entra', label: 'Microsoft Entra ID', hint: 'An enterprise application' },
  { kind: 'onelogin', label: 'OneLogin', hint: 'A SCIM Provisioner app' },
  { kind: 'google', label: 'Google Workspace', hint: 'Users only, through a catalogue app' },
  { kind: 'ping', label: 'Ping Identity', hint: 'PingOne or PingFederate' },
  { kind: 'jumpcloud', label: 'JumpCloud', hint: 'A custom application' },
  { kind: 'oneaccess', label: 'Huawei OneAccess', hint: 'SCIM with a user name and password' },
  { kind: 'keycloak', label: 'Keycloak', hint: 'With a SCIM extension' },
  { kind: 'authentik', label: 'authentik', hint: 'A SCIM provider' },
  { kind: 'generic', label: 'Another one', hint: 'Anything that speaks SCIM 2.0 or 1.1' },
];

// kindLabel is the product's name.
export function kindLabel(kind: Kind): string {
  return kinds.find((k) => k.kind === kind)?.label ?? kind;
}

// ModeState says what a connector's requests do.
export function ModeState({ mode }: { mode: Mode }) {
  switch (mode) {
    case 'live':
      return <State tone="ok" icon={<IconOk size={14} />}>Live</State>;
    case 'observe':
      return <State tone="info" icon={<IconEye size={14} />}>Observe</State>;
    default:
      return <State tone="mute" icon={<IconOff size={14} />}>Disabled</State>;
  }
}
