import type { ReactNode } from 'react';

import { IconBad, IconDot, IconInfo, IconOk, IconWarn } from './icons';

// Tone is what something means for the reader.
export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'mute';

const icons = { ok: IconOk, warn: IconWarn, bad: IconBad, info: IconInfo, mute: IconDot };

// State is a word with its icon and colour.
export function State({ tone, children, icon }: { tone: Tone; children: ReactNode; icon?: ReactNode }) {
  const Icon = icons[tone];
  return (
    <span className={`state tone-${tone}`}>
      {icon ?? <Icon size={14} />}
      {children}
    </span>
  );
}

interface NoteProps {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
  alert?: boolean; // read it out at once: only for what stops a disaster, or answers what was just done
}

// Note is a message in the page that stays until its cause is gone.
export function Note({ tone, title, children, alert = false }: NoteProps) {
  const Icon = icons[tone];
  return (
    <div className={`note tone-${tone}`} role={alert ? 'alert' : undefined}>
      <Icon />
      <div className="note-body">
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <div>{children}</div>}
      </div>
    </div>
  );
}
