import type { Schema } from '../../api/client';
import { IconOff } from '../../parts/icons';
import { State } from '../../parts/State';

type User = Schema<'User'>;
type Origin = NonNullable<Schema<'Membership'>['origin']>;

// StatusState says what the directory makes of a user.
export function StatusState({ status }: { status: User['status'] }) {
  switch (status) {
    case 'active':
      return <State tone="ok">Active</State>;
    case 'disabled':
      return <State tone="warn" icon={<IconOff size={14} />}>Disabled</State>;
    default:
      return <State tone="bad">Deleted</State>;
  }
}

// recordStates says what an IdP says of a user.
export const recordStates: Record<Schema<'Record'>['state'], string> = { active: 'active', inactive: 'inactive', deleted: 'deleted' };

// managedBy says in a word who decides about a user.
export function managedBy(user: Pick<User, 'local' | 'managed'>): string {
  if (user.managed) return 'an IdP';
  return user.local ? 'local' : 'no IdP any more';
}

// origins says why a membership exists.
export const origins: Record<Origin, string> = {
  idp: 'sent by an IdP', always: 'always assigned', default: 'given at the start', local: 'put in by hand', retained: 'kept',
};

// foundAs says where a text that was looked for stands.
export const foundAs: Record<Schema<'FoundBy'>['by'], string> = {
  id: 'id', userName: 'userName', email: 'e-mail', externalId: 'externalId', employeeNumber: 'employeeNumber',
};

const actions: Record<string, string> = {
  'directory.user.created': 'User made', 'directory.user.updated': 'Attributes changed', 'directory.user.enabled': 'Enabled', 'directory.user.disabled': 'Disabled',
  'directory.user.deleted': 'Deleted', 'directory.user.restored': 'Restored', 'directory.user.linked': 'Record linked', 'directory.user.unlinked': 'Record unlinked',
  'directory.user.blocked': 'Blocked', 'directory.user.unblocked': 'Block lifted', 'directory.user.reapplied': 'Settled again by hand', 'directory.user.copied': 'Copied from another directory', 'directory.user.purged': 'Purged', 'directory.user.erased': 'Erased',
  'directory.membership.added': 'Joined', 'directory.membership.removed': 'Left', 'directory.membership.changed': 'Reason changed for',
  'directory.group.created': 'Group made', 'directory.group.renamed': 'Group renamed', 'directory.group.deleted': 'Group deleted',
  'directory.conflict.opened': 'Conflict opened', 'directory.conflict.decided': 'Conflict decided', 'directory.conflict.reopened': 'Conflict opened again', 'directory.hold.created': 'Held',
  'record.user.created': 'IdP sent a new user', 'record.user.changed': 'IdP changed the user', 'record.user.deleted': 'IdP deleted the user',
  'record.group.created': 'IdP sent a new group', 'record.group.changed': 'IdP changed the group', 'record.group.deleted': 'IdP deleted the group',
  'record.mapping.failed': 'Mapping failed', 'record.mapping.recovered': 'Mapping works again', 'record.tolerated': 'Odd request put right',
};

// actionWords says what an event tells of; one without words keeps its code.
export function actionWords(action: string): string {
  return actions[action] ?? action;
}

// conflictKinds says what a conflict is about.
export const conflictKinds: Record<string, string> = {
  ambiguousMatch: 'Several users match', foreignUser: 'A user of another tenant', localUser: 'A local user matches', guardedUser: 'A guarded user', recycledUserName: 'A name that was somebody else’s',
  secondRecord: 'A second record of one connector', userNameTaken: 'The userName is taken', protectedUser: 'A protected user', foreignGroup: 'A group of another tenant', unlinked: 'Unlinked by hand',
};

// decisions says what was decided.
export const decisions: Record<NonNullable<Schema<'Conflict'>['decision']>, string> = {
  link: 'linked', keepSeparate: 'kept separate', refuse: 'refused', unlinked: 'unlinked',
};
